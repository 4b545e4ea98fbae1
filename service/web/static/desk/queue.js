// The list of comments: loading it, moving in it, deciding.

import { button, el, say } from '../widgets/dom.js';
import { CallError, call } from './calls.js';
import { STATUS, card } from './card.js';
import { isWorst, spread } from './marks.js';
import { askReason } from './reason.js';
import { pick, selected } from './selection.js';
import { Toast } from './toast.js';
import { DONE, EMPTY } from './words.js';

/**
 * @typedef {import('./types.js').Item} Item
 * @typedef {import('./types.js').Action} Action
 * @typedef {import('./types.js').Result} Result
 */

const UNDOS = 50;

export class Queue {
  view = 'held';
  order = 'risk';
  words = '';
  site = '';
  /** @type {string | null} */
  next = null;
  /** @type {Map<string, Item>} */
  items = new Map();
  /** @type {HTMLElement | null} */
  current = null;
  /** @type {number | null} */
  count = null;
  toast = new Toast();
  fresh = 0;
  /** @type {HTMLElement | null} where a range of selected comments begins */
  picked = null;
  /** @type {{ batch: string, cards: Map<HTMLElement, Item>, words: string }[]} what can be taken back, the newest last */
  #done = [];
  #turn = 0;

  /** @param {() => void} signedOut called when the session has ended */
  constructor(signedOut) {
    this.signedOut = signedOut;
    this.list = el('div', { class: 'list', role: 'feed', 'aria-label': 'Comments' });
    this.foot = el('div', { class: 'more' });
    this.figure = el('span', { class: 'figure', role: 'status' });
    this.news = button('news', '', () => this.loadNew(), { class: 'wide news', hidden: true, 'aria-keyshortcuts': '.' });
    this.list.addEventListener('focusin', (event) => {
      const at = /** @type {HTMLElement} */ (event.target).closest('.card');
      if (at instanceof HTMLElement) this.#mark(at);
    });
    this.list.addEventListener('click', (event) => {
      const at = /** @type {HTMLElement} */ (event.target).closest('.card');
      if (at instanceof HTMLElement) this.#mark(at);
    });
  }

  /** Loads the first page of what is chosen. */
  async load() {
    this.items.clear();
    this.current = null;
    this.picked = null;
    this.setFresh(0);
    this.list.replaceChildren(el('p', { class: 'loading' }, 'Loading…'));
    this.foot.replaceChildren();
    this.#setCount(null);
    await this.#fetch(null);
    const first = this.list.querySelector('.card:not([data-busy])') ?? this.list.querySelector('.card');
    if (first instanceof HTMLElement) this.#mark(first);
  }

  /** @param {string | null} cursor */
  async #fetch(cursor) {
    const turn = ++this.#turn;
    const query = new URLSearchParams({ view: this.view, order: this.order });
    if (this.words) query.set('q', this.words);
    if (this.site) query.set('site', this.site);
    if (cursor) query.set('cursor', cursor);
    try {
      /** @type {import('./types.js').Queue} */
      const page = await call('GET', `v1/moderation/queue?${query}`);
      if (turn !== this.#turn) return; // another view was chosen meanwhile
      if (!cursor) this.list.replaceChildren();
      const items = this.order === 'risk' ? spread(page.items, isWorst) : page.items;
      for (const item of items) this.#add(item);
      this.next = page.next_cursor;
      this.#setCount(page.count ?? null);
      this.#showFoot();
    } catch (error) {
      if (turn !== this.#turn) return;
      if (error instanceof CallError && error.status === 401) return void this.signedOut();
      const text = error instanceof Error ? error.message : String(error);
      const again = () => (cursor ? this.#fetch(cursor) : this.load());
      const alert = el('p', { class: 'alert', role: 'alert' }, text, ' ', button('retry', 'Try again', again, { class: 'link' }));
      if (cursor) this.foot.replaceChildren(alert);
      else this.list.replaceChildren(alert);
    }
  }

  /** @param {Item} item */
  #add(item) {
    if (this.items.has(item.id)) return;
    this.items.set(item.id, item);
    this.list.append(card(item, (one, action) => this.decide(one, action)));
  }

  /** @param {number | null} count */
  #setCount(count) {
    this.count = count;
    this.figure.textContent =
      count === null ? '' : say({ one: '{n} comment', other: '{n} comments' }, { n: Math.max(0, count) });
  }

  #showFoot() {
    this.foot.replaceChildren();
    if (this.next) {
      this.foot.append(button('more', 'Show more', () => this.#more(), { class: 'wide' }));
    }
    if (this.list.querySelector('.card')) return;
    const [title, text] = this.words ? ['Nothing found', `No comment here contains “${this.words}”.`] : EMPTY[this.view];
    this.list.replaceChildren(el('div', { class: 'empty' }, el('h2', {}, title), el('p', {}, text)));
  }

  async #more() {
    const last = this.list.lastElementChild;
    await this.#fetch(this.next);
    const next = last?.nextElementSibling;
    if (next instanceof HTMLElement) this.go(next);
  }

  /** @param {HTMLElement} at */
  #mark(at) {
    this.current?.removeAttribute('aria-current');
    this.current = at;
    at.setAttribute('aria-current', 'true');
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

  /** @param {Action} action presses the current card's button */
  press(action) {
    const act = this.current?.querySelector(`button[name="${action}"]`);
    if (act instanceof HTMLElement && !this.current?.classList.contains('done')) act.click();
  }

  /**
   * Decides a comment, or all that are selected where it is one of them.
   * @param {Item} item
   * @param {Action} action
   */
  async decide(item, action) {
    const at = this.#node(item.id);
    if (!at || at.ariaBusy || at.classList.contains('done')) return;
    const chosen = selected(this.list);
    const nodes = chosen.includes(at) ? chosen : [at];
    const reason = action === 'reject' ? await askReason(item.reason || 'other') : undefined;
    if (reason === null) return this.go(at);
    const items = new Map(nodes.map((node) => [node, /** @type {Item} */ (this.items.get(node.id.slice(2)))]));
    await this.#send(at, items, action, reason);
  }

  /**
   * @param {HTMLElement} at
   * @param {Map<HTMLElement, Item>} items
   * @param {Action} action
   * @param {string} [reason]
   */
  async #send(at, items, action, reason) {
    const hadFocus = at.contains(document.activeElement) || document.activeElement === document.body;
    for (const node of items.keys()) node.ariaBusy = 'true';
    const decisions = [...items.values()].map((item) => ({
      comment_id: item.id,
      action,
      version: item.version,
      ...(reason ? { reason } : {}),
      ...(item.campaign ? { campaign: true } : {}),
    }));
    try {
      const { batch_id: batch, results } = await call('POST', 'v1/moderation/decisions', { decisions });
      /** @type {Map<string, Result>} */
      const found = new Map(results.map((/** @type {Result} */ result) => [result.comment_id, result]));
      const settled = new Map();
      for (const [node, item] of items) {
        const result = found.get(item.id);
        if (!result) continue;
        this.#settle(node, action, item, result);
        if (node.classList.contains('done')) settled.set(node, item);
      }
      const done = results.filter((/** @type {Result} */ { outcome }) => outcome === 'applied' || outcome === 'unchanged').length;
      if (done) this.#remember({ batch, cards: settled, words: done > 1 ? `${DONE[action]}: ${done} comments` : DONE[action] });
      if (hadFocus && at.classList.contains('done')) this.#onward(at);
    } catch (error) {
      if (error instanceof CallError && error.status === 401) return void this.signedOut();
      const text = error instanceof Error ? error.message : String(error);
      for (const node of items.keys()) this.#tell(node, 'bad', `Not saved. ${text}`);
    } finally {
      for (const node of items.keys()) node.ariaBusy = null;
    }
  }

  /** @param {{ batch: string, cards: Map<HTMLElement, Item>, words: string }} done */
  #remember(done) {
    this.#done.push(done);
    if (this.#done.length > UNDOS) this.#done.shift();
    this.toast.say(`${done.words}.`, button('undo', 'Undo', () => this.undo(), { class: 'link', 'aria-keyshortcuts': 'z' }));
  }

  /** Takes the newest batch of this session back, also after its message has gone. */
  async undo() {
    const last = this.#done.pop();
    if (!last) return this.toast.say('There is nothing to undo.');
    try {
      const { results } = await call('POST', `v1/moderation/batches/${last.batch}/undo`);
      const back = results.filter((/** @type {Result} */ { outcome }) => outcome === 'applied');
      const kept = results.length - back.length;
      this.toast.say(`Undone: ${back.length}.${kept ? ` ${kept} had changed meanwhile and stayed.` : ''}`);
      const undone = new Set(back.map((/** @type {Result} */ { comment_id: id }) => id));
      for (const [node, item] of last.cards) {
        if (!undone.has(item.id) || !node.isConnected) continue;
        await this.#refresh(node, item);
        if (this.count !== null) this.#setCount(this.count + 1);
      }
    } catch (error) {
      if (error instanceof CallError && error.status === 401) return void this.signedOut();
      this.#done.push(last);
      this.toast.say(`Not undone. ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** @param {string} id */
  #node(id) {
    const node = this.list.querySelector(`#${CSS.escape(`c-${id}`)}`);
    return node instanceof HTMLElement ? node : null;
  }

  /** @param {boolean} range from the last selected one to the current */
  pick(range) {
    if (!pick(this.list, this.current, range ? this.picked : null)) return;
    this.picked = this.current;
    const n = selected(this.list).length;
    this.toast.say(say({ one: '{n} comment selected.', other: '{n} comments selected.' }, { n }));
  }

  /** @param {number} n comments that came since the list was loaded */
  setFresh(n) {
    this.fresh = n;
    this.news.hidden = !n;
    this.news.textContent = say({ one: 'Load {n} new comment', other: 'Load {n} new comments' }, { n });
  }

  async loadNew() {
    if (!this.fresh) return;
    await this.load();
    if (this.current) this.go(this.current);
  }

  /** @param {import('./live.js').Change} change what happened, here or elsewhere */
  changed({ kind, ids, status }) {
    const known = ids.filter((id) => this.items.has(id));
    if (status === this.view && known.length < ids.length) this.setFresh(this.fresh + ids.length - known.length);
    if (kind !== 'decided' && kind !== 'edited') return;
    for (const id of known) {
      const node = this.#node(id);
      const item = this.items.get(id);
      if (!node || !item || node.ariaBusy || node.classList.contains('done') || item.status === status) continue;
      const show = button('refresh', 'Show it as it is now', () => this.#refresh(node, item), { class: 'link' });
      const now = STATUS[String(status)]?.toLowerCase() ?? status;
      this.#tell(node, 'bad', kind === 'edited' ? 'Its author has changed it.' : `Decided meanwhile: it is now ${now}.`, show);
    }
  }

  /** @param {HTMLElement} node */
  #onward(node) {
    this.#mark(node);
    this.move(1);
    if (this.current === node) this.move(-1);
    if (this.current === node && !this.next) this.list.append(el('p', { class: 'loading' }, 'That was the last one.'));
  }

  /**
   * @param {HTMLElement} node
   * @param {Action} action
   * @param {Item} item
   * @param {Result} result
   */
  #settle(node, action, item, result) {
    if (result.outcome === 'applied' || result.outcome === 'unchanged') {
      node.classList.add('done');
      node.dataset.status = result.status ?? '';
      if (this.count !== null) this.#setCount(this.count - 1);
      return this.#tell(node, 'good', `${DONE[action]}.`);
    }
    if (result.outcome === 'missing') {
      node.classList.add('done');
      return this.#tell(node, 'bad', 'This comment is no longer there.');
    }
    const { decided } = result;
    const now = STATUS[String(result.status)]?.toLowerCase() ?? result.status;
    const who = decided?.moderator || (decided?.actor === 'author' ? 'Its author' : 'Somebody else');
    const show = button('refresh', 'Show it as it is now', () => this.#refresh(node, item), { class: 'link' });
    return this.#tell(node, 'bad', `${who} was faster: it is now ${now}. Your decision was not applied.`, show);
  }

  /**
   * @param {HTMLElement} node
   * @param {'good' | 'bad'} kind
   * @param {string} text
   * @param {HTMLElement} [action]
   */
  #tell(node, kind, text, action) {
    const box = node.querySelector('.outcome');
    if (!box) return;
    box.className = `outcome ${kind}`;
    box.replaceChildren(el('span', {}, text));
    if (action) box.append(' ', action);
  }

  /**
   * @param {HTMLElement} node
   * @param {Item} item
   */
  async #refresh(node, item) {
    try {
      const fresh = await call('GET', `v1/moderation/comments/${item.id}`);
      const again = card(fresh, (one, action) => this.decide(one, action));
      this.items.set(item.id, fresh);
      node.replaceWith(again);
      this.go(again);
    } catch (error) {
      this.#tell(node, 'bad', error instanceof Error ? error.message : String(error));
    }
  }
}
