// Where comments are read and decided: the list, its tools, and the pane beside it.

import { button, el } from '../widgets/dom.js';
import { FEW, keepClaims } from './claims.js';
import { Deciding } from './deciding.js';
import { DetailPane } from './detail.js';
import { askFilters, chips } from './filters.js';
import { listen } from './keys.js';
import { listenLive } from './live.js';
import { askNote } from './note.js';
import { Outbox } from './outbox.js';
import { ORDERS, writePlace } from './place.js';
import { Queue } from './queue.js';
import { askSanction } from './sanction.js';
import { say } from './saying.js';
import { Toast } from './toast.js';

/** @typedef {import('./place.js').Place} Place */

export class Workplace {
  /** @type {(counts: Record<string, number>) => void} */
  counted = () => {};
  toast = new Toast();
  search = el('input', { type: 'search', name: 'q', placeholder: 'Search', 'aria-label': 'Search in these comments', maxlength: 200 });
  order = el('select', { name: 'order', 'aria-label': 'Order' }, ...ORDERS.map(([value, text]) => el('option', { value }, text)));
  sites = el('select', { name: 'site', 'aria-label': 'Site' }, el('option', { value: '' }, 'All sites'));
  offline = el('p', { class: 'offline', role: 'status', hidden: true });
  chips = el('div', { class: 'chips', hidden: true });
  list = el('main', { class: 'work' });
  #lost = false;
  #unsent = 0;
  #wanted = ''; // what was searched for, until the focus is on the first that was found

  /**
   * @param {import('./types.js').Session} session
   * @param {() => void} signedOut
   * @param {AbortSignal} signal
   */
  constructor(session, signedOut, signal) {
    const tell = (/** @type {string} */ text) => this.toast.say(text);
    this.queue = new Queue({
      decide: (item, action) => this.deciding.decide(item, action),
      marked: (item) => this.pane.show(item),
      clear: () => this.#go({ filters: {} }),
      renewed: () => this.claim(),
      say: tell,
      signedOut,
    });
    this.pane = new DetailPane({
      say: tell,
      done: (text, takeBack) => this.deciding.remember(text, { takeBack }),
      only: (filter) => this.#go({ filters: filter, q: '' }),
      unveil: () => this.queue.unveil(),
      back: () => this.queue.current && this.queue.go(this.queue.current),
    });
    this.outbox = new Outbox(session.moderator.id, { waiting: (n) => this.#status({ unsent: n }), signedOut }, signal);
    this.deciding = new Deciding(this.queue, this.outbox, this.toast);
    this.#build(session.sites);
    for (const { slug, words_marked: marked } of session.sites) if (marked) this.queue.marked.add(slug);
    this.claim = keepClaims(() => this.#claimable(), signal);
    let since = 0;
    this.deciding.decided = (n) => {
      since += n;
      if (since < FEW) return;
      since = 0;
      this.claim(); // the next, before another desk is at the same
    };
    this.recount = listenLive(
      {
        site: () => this.site,
        changed: (change) => (!this.site || change.site === this.site) && this.#changed(change, session.moderator.id),
        counted: (counts) => this.counted(counts),
        connected: (up) => this.#connected(up),
        signedOut,
      },
      signal,
    );
    listen(this.queue, this.#keys(), signal);
    const resumed = this.outbox.resume((answer, n) => this.deciding.late(answer, n));
    if (resumed) tell(say({ one: '{n} decision of earlier is sent now.', other: '{n} decisions of earlier are sent now.' }, { n: resumed }));
  }

  get site() {
    return this.queue.place.site;
  }

  /** @param {import('./types.js').Session['sites']} sites */
  #build(sites) {
    this.order.onchange = () => this.#go({ order: this.order.value });
    this.sites.append(...sites.map(({ slug, name }) => el('option', { value: slug }, name)));
    this.sites.hidden = sites.length < 2;
    this.sites.onchange = () => this.#go({ site: this.sites.value });
    const form = el('form', { role: 'search', class: 'search' }, this.search);
    form.onsubmit = (event) => {
      event.preventDefault();
      this.#find();
    };
    this.search.addEventListener('search', () => !this.search.value && this.queue.place.q && this.#find());
    const filter = button('filter', 'Filter …', () => this.#ask(), { class: 'act', 'aria-keyshortcuts': 't' });
    const { queue } = this;
    queue.list.addEventListener('context', () => this.pane.open());
    this.list.append(
      el('div', { class: 'tools' }, queue.figure, this.sites, this.order, filter, form),
      this.chips,
      this.offline,
      queue.news,
      queue.list,
      queue.foot,
    );
  }

  /** @returns {Record<string, () => void>} */
  #keys() {
    const { queue, pane } = this;
    return {
      z: () => this.deciding.undo(),
      '/': () => this.search.focus(),
      t: () => this.#ask(),
      i: () => pane.open(),
      n: () => {
        const { item, current } = queue;
        if (item && current && !current.classList.contains('done')) askNote(item, () => this.#noted(current, item.note));
      },
      r: () => {
        const { item } = queue;
        const reader = item && { ...item.reader, name: item.author.name };
        if (reader) askSanction(reader, { ...pane.heard, changed: () => pane.reload() });
      },
    };
  }

  /**
   * @param {HTMLElement} card
   * @param {string | undefined} note
   */
  #noted(card, note) {
    const line = card.querySelector('.own-note');
    if (line instanceof HTMLElement) {
      line.textContent = note ? `Note: ${note}` : '';
      line.hidden = !note;
    }
    this.queue.go(card);
  }

  #ask() {
    askFilters(this.queue.place, (filters) => this.#go({ filters }));
  }

  async #find() {
    const q = this.search.value.trim();
    this.#wanted = q;
    if (!this.#go({ q })) await this.#load();
  }

  /**
   * Goes elsewhere by way of the address.
   * @param {Partial<Place>} change
   * @returns {boolean} whether that is another place
   */
  #go(change) {
    const to = writePlace({ ...this.queue.place, ...change });
    const there = to !== writePlace(this.queue.place);
    if (there) location.hash = to;
    return there;
  }

  /** @param {Place | null} place null where another page is shown */
  show(place) {
    this.list.hidden = this.pane.node.hidden = !place;
    if (place) {
      const elsewhere = place.site !== this.site;
      this.queue.place = place;
      this.order.value = place.order;
      this.search.value = place.q;
      this.sites.value = place.site;
      this.#load();
      if (elsewhere) this.recount();
    }
    this.claim();
  }

  async #load() {
    this.#showChips();
    if (!(await this.queue.load())) return;
    this.#showChips();
    const { current } = this.queue;
    if (current && this.#wanted && this.#wanted === this.queue.place.q) this.queue.go(current);
    if (this.#wanted === this.queue.place.q) this.#wanted = '';
  }

  #showChips() {
    const { place, items } = this.queue;
    const reader = place.filters.reader && [...items.values()][0]?.author.name;
    const all = chips(place, reader || undefined, (filters) => this.#go({ filters }));
    this.chips.replaceChildren(...all);
    this.chips.hidden = !all.length;
  }

  #claimable() {
    const { name, order, q, site, filters } = this.queue.place;
    const plain = name === 'held' && order === 'risk' && !q && !Object.keys(filters).length;
    return plain && !this.list.hidden ? { site } : null;
  }

  /**
   * @param {import('./live.js').Change} change
   * @param {string} own the moderator's id
   */
  #changed(change, own) {
    const { kind, ids, moderator } = change;
    if (kind !== 'claimed' && kind !== 'released') return this.queue.changed(change);
    const mine = moderator?.id === own;
    this.queue.claimed(ids, kind === 'claimed' && moderator && !mine ? moderator.name : null);
    // Another window of one's own was closed, and what it released is claimed here as well.
    if (mine && kind === 'released') this.claim();
  }

  /** @param {boolean} up */
  #connected(up) {
    // What happened meanwhile was not told: offer to look again, never move what is being read.
    if (up && this.#lost && !this.list.hidden) this.queue.missed();
    if (up) this.outbox.flush();
    this.#status({ lost: !up });
  }

  /** @param {{ lost?: boolean, unsent?: number }} change */
  #status({ lost = this.#lost, unsent = this.#unsent }) {
    this.#lost = lost;
    this.#unsent = unsent;
    const waits = unsent && say({ one: '{n} decision waits to be sent; it is kept.', other: '{n} decisions wait to be sent; they are kept.' }, { n: unsent });
    this.offline.textContent = [lost && 'Not connected: what others do is not shown.', waits].filter(Boolean).join(' ');
    this.offline.hidden = !lost && !unsent;
  }
}
