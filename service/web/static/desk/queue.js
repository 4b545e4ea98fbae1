// The list of comments: loading it and moving in it.

import { button, el } from '../widgets/dom.js';
import { CallError, call } from './calls.js';
import { STATUS, card, occupy } from './card.js';
import { tell } from './deciding.js';
import { isWorst, spread } from './marks.js';
import { queryOf, readPlace } from './place.js';
import { say } from './saying.js';
import { pick, selected } from './selection.js';
import { EMPTY } from './words.js';

/**
 * @typedef {import('./types.js').Item} Item
 * @typedef {import('./types.js').Action} Action
 * @typedef {{ decide: (item: Item, action: Action) => void, marked: (item: Item | null) => void,
 *   signedOut: () => void, say: (text: string) => void, clear: () => void, renewed: () => void }} Heard
 */

/** @type {Record<string, string>} what is said on a card that has changed elsewhere */
const CHANGED = {
  decided: 'Decided meanwhile: it is now {now}.',
  edited: 'Its author has changed it.',
  undone: 'A decision was taken back: it is now {now}.',
};

export class Queue {
  place = readPlace('');
  /** @type {string | null} */
  next = null;
  /** @type {Map<string, Item>} */
  items = new Map();
  /** @type {HTMLElement | null} */
  current = null;
  fresh = 0;
  /** @type {Set<string>} the sites whose deciding words are shown from the start */
  marked = new Set();
  /** @type {HTMLElement | null} where a range of selected comments begins */
  picked = null;
  /** @type {number | null} */
  #count = null;
  #turn = 0;

  /** @param {Heard} heard `signedOut` when the session has ended, `clear` to drop every filter,
   *  `renewed` when what has come is in the list */
  constructor(heard) {
    this.heard = heard;
    this.list = el('div', { class: 'list', role: 'feed', 'aria-label': 'Comments' });
    this.foot = el('div', { class: 'more' });
    this.figure = el('span', { class: 'figure', role: 'status' });
    this.news = button('news', '', () => this.loadNew(), { class: 'wide news', hidden: true, 'aria-keyshortcuts': '.' });
    for (const kind of ['focusin', 'click']) {
      const choose = (/** @type {Event} */ event) => {
        const at = /** @type {HTMLElement} */ (event.target).closest('.card');
        if (at instanceof HTMLElement) this.#mark(at);
      };
      // First, because the button that is clicked may go on to the next comment.
      this.list.addEventListener(kind, choose, { capture: true });
    }
  }

  signedOut() {
    this.heard.signedOut();
  }

  /** Loads the first page of what is chosen; whether nothing else was chosen meanwhile. */
  async load() {
    this.items.clear();
    this.current = null;
    this.picked = null;
    this.heard.marked(null);
    this.setFresh(0);
    this.list.replaceChildren(el('p', { class: 'loading' }, 'Loading…'));
    this.foot.replaceChildren();
    this.#setCount(null);
    if (!(await this.#fetch(null))) return false;
    const first = this.list.querySelector('.card:not([data-busy])') ?? this.list.querySelector('.card');
    if (first instanceof HTMLElement) this.#mark(first);
    return true;
  }

  /**
   * @param {string | null} cursor
   * @returns {Promise<boolean>} whether this was still wanted when it came
   */
  async #fetch(cursor) {
    const turn = ++this.#turn;
    const query = queryOf(this.place);
    if (cursor) query.set('cursor', cursor);
    try {
      /** @type {import('./types.js').Queue} */
      const page = await call('GET', `v1/moderation/queue?${query}`);
      if (turn !== this.#turn) return false;
      if (!cursor) this.list.replaceChildren();
      const items = this.place.order === 'risk' ? spread(page.items, isWorst) : page.items;
      for (const item of items) this.#add(item);
      this.next = page.next_cursor;
      this.#setCount(page.count ?? null);
      this.#showFoot();
    } catch (error) {
      if (turn !== this.#turn) return false;
      if (error instanceof CallError && error.status === 401) this.signedOut();
      const text = error instanceof Error ? error.message : String(error);
      const again = () => (cursor ? this.#fetch(cursor) : this.load());
      const alert = el('p', { class: 'alert', role: 'alert' }, text, ' ', button('retry', 'Try again', again, { class: 'link' }));
      if (cursor) this.foot.replaceChildren(alert);
      else this.list.replaceChildren(alert);
    }
    return true;
  }

  /** @param {Item} item */
  #add(item) {
    if (this.items.has(item.id)) return;
    this.items.set(item.id, item);
    this.list.append(this.#card(item));
  }

  /** @param {Item} item */
  #card(item) {
    const node = card(item, this.heard.decide);
    node.toggleAttribute('data-marked', this.marked.has(item.site));
    return node;
  }

  /** @param {number | null} count */
  #setCount(count) {
    this.#count = count;
    this.figure.textContent =
      count === null ? '' : say({ one: '{n} comment', other: '{n} comments' }, { n: Math.max(0, count) });
  }

  /** @param {1 | -1} step */
  count(step) {
    if (this.#count !== null) this.#setCount(this.#count + step);
  }

  #showFoot() {
    this.foot.replaceChildren();
    if (this.next) {
      this.foot.append(button('more', 'Show more', () => this.#more(), { class: 'wide' }));
    }
    if (this.list.querySelector('.card')) return;
    const { q, filters, name } = this.place;
    const narrowed = Object.keys(filters).length > 0;
    const [title, text] = narrowed
      ? ['Nothing found', 'No comment here is as the filters ask.']
      : q ? ['Nothing found', `No comment here contains “${q}”.`] : EMPTY[name];
    const all = narrowed && button('clear', 'Drop the filters', this.heard.clear, { class: 'link' });
    this.list.replaceChildren(el('div', { class: 'empty' }, el('h2', {}, title), el('p', {}, text), all));
  }

  async #more() {
    const last = this.list.lastElementChild;
    await this.#fetch(this.next);
    const next = last?.nextElementSibling;
    if (next instanceof HTMLElement) this.go(next);
  }

  /** @param {HTMLElement} at */
  #mark(at) {
    if (this.current === at) return;
    this.current?.removeAttribute('aria-current');
    this.current = at;
    at.setAttribute('aria-current', 'true');
    this.heard.marked(this.items.get(at.id.slice(2)) ?? null);
  }

  /** @param {HTMLElement} at */
  go(at) {
    this.#mark(at);
    at.focus({ preventScroll: true });
    at.scrollIntoView({ block: 'nearest' });
  }

  /** @param {1 | -1} step to the next or previous comment that is still to be decided */
  move(step) {
    // What somebody else is looking at is left to them.
    const open = [...this.list.querySelectorAll('.card:not(.done, [data-busy])')];
    const all = [...this.list.querySelectorAll('.card')];
    const here = this.current ? all.indexOf(this.current) : -1;
    const ahead = step > 0 ? open.find((c) => all.indexOf(c) > here) : open.findLast((c) => all.indexOf(c) < here);
    if (ahead instanceof HTMLElement) this.go(ahead);
    else if (step > 0) this.foot.querySelector('button')?.focus();
  }

  /**
   * On from a comment that was decided.
   * @param {HTMLElement} node
   */
  onward(node) {
    this.#mark(node);
    this.move(1);
    if (this.current === node) this.move(-1);
    if (this.current === node && !this.next) this.list.append(el('p', { class: 'loading' }, 'That was the last one.'));
  }

  /** @param {Action} action presses the current card's button */
  press(action) {
    const act = this.current?.querySelector(`button[name="${action}"]`);
    if (act instanceof HTMLElement && !this.current?.classList.contains('done')) act.click();
  }

  unveil() {
    this.current?.removeAttribute('data-veiled');
  }

  /** The comment that keys are about. */
  get item() {
    return this.current ? this.items.get(this.current.id.slice(2)) : undefined;
  }

  /** @param {string} id */
  node(id) {
    const node = this.list.querySelector(`#${CSS.escape(`c-${id}`)}`);
    return node instanceof HTMLElement ? node : null;
  }

  /** Shows the deciding words of all comments, or of none. */
  mark() {
    const { dataset } = this.list;
    const shown = dataset.marks ? dataset.marks === 'on' : Boolean(this.current?.hasAttribute('data-marked'));
    dataset.marks = shown ? 'off' : 'on';
  }

  /** @param {boolean} range from the last selected one to the current */
  pick(range) {
    if (!pick(this.list, this.current, range ? this.picked : null)) return;
    this.picked = this.current;
    const n = selected(this.list).length;
    this.heard.say(say({ one: '{n} comment selected.', other: '{n} comments selected.' }, { n }));
  }

  /** @param {number} n comments that came since the list was loaded */
  setFresh(n) {
    this.fresh = n;
    this.news.hidden = !n;
    this.news.textContent = say({ one: 'Load {n} new comment', other: 'Load {n} new comments' }, { n });
  }

  /** After a time without connection nobody knows what is new. */
  missed() {
    this.fresh = this.fresh || 1;
    this.news.hidden = false;
    this.news.textContent = 'Connected again: load what has come meanwhile';
  }

  async loadNew() {
    if (!this.fresh) return;
    await this.load();
    this.heard.renewed();
    if (this.current) this.go(this.current);
  }

  /** @param {import('./live.js').Change} change what happened, here or elsewhere */
  changed({ kind, ids, status }) {
    const known = ids.filter((id) => this.items.has(id));
    const { name } = this.place;
    const now = STATUS[String(status)]?.toLowerCase() ?? status;
    const here = name === 'reported' ? kind === 'reported' : name === 'new' ? kind === 'created' && status === 'published' : status === name;
    if (here && known.length < ids.length) this.setFresh(this.fresh + ids.length - known.length);
    const words = now && CHANGED[kind];
    if (!words) return;
    for (const id of known) {
      const node = this.node(id);
      const item = this.items.get(id);
      if (!node || !item || node.classList.contains('done')) continue;
      // As it is shown: nothing to say, unless its text has changed or something else was said.
      if (item.status === status && kind !== 'edited' && !node.querySelector('.outcome.bad')) continue;
      const show = button('refresh', 'Show it as it is now', () => this.refresh(node, item), { class: 'link' });
      tell(node, 'bad', words.replace('{now}', now), show);
    }
  }

  /**
   * @param {string[]} ids items: campaigns, and comments that stand alone
   * @param {string | null} who looks at them now, beside oneself
   */
  claimed(ids, who) {
    for (const item of this.items.values()) {
      const node = ids.includes(item.campaign?.id ?? item.id) && this.node(item.id);
      if (!node) continue;
      item.claim = who === null ? null : { moderator: who, own: false, until: '' };
      occupy(node, who);
    }
  }

  /**
   * Shows a comment that was taken back: nothing but its status and version has changed.
   * @param {HTMLElement} node
   * @param {Item} item
   */
  restore(node, item) {
    const again = this.#card(item);
    this.items.set(item.id, item);
    node.replaceWith(again);
    if (this.current === node) this.#mark(again);
    return again;
  }

  /**
   * Shows a comment as it is now.
   * @param {HTMLElement} node
   * @param {Item} item
   */
  async refresh(node, item) {
    try {
      this.go(this.restore(node, await call('GET', `v1/moderation/comments/${item.id}`)));
    } catch (error) {
      tell(node, 'bad', error instanceof Error ? error.message : String(error));
    }
  }
}
