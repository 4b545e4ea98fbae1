// The list of comments: loading it, moving in it, deciding.

import { button, el, say } from '../widgets/dom.js';
import { CallError, call } from './calls.js';
import { STATUS, card } from './card.js';

/**
 * @typedef {import('./types.js').Item} Item
 * @typedef {import('./types.js').Action} Action
 * @typedef {import('./types.js').Result} Result
 */

/** @type {Record<string, [title: string, text: string]>} */
const EMPTY = {
  held: ['Nothing is waiting', 'Every held comment has been decided. New ones appear here.'],
  reported: ['No open reports', 'Comments that readers report appear here.'],
  new: ['No new comments', 'The latest published comments that nobody has looked at appear here.'],
  spam: ['No spam', 'What was taken for spam appears here, in case the machine was wrong.'],
  rejected: ['Nothing rejected', 'Comments that were rejected appear here.'],
  published: ['Nothing published yet', 'Published comments appear here.'],
};

/** @type {Record<Action, string>} */
const DONE = { publish: 'Published', reject: 'Rejected', spam: 'Marked as spam', hold: 'Held' };

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
  #turn = 0;

  /** @param {() => void} signedOut called when the session has ended */
  constructor(signedOut) {
    this.signedOut = signedOut;
    this.list = el('div', { class: 'list', role: 'feed', 'aria-label': 'Comments' });
    this.foot = el('div', { class: 'more' });
    this.figure = el('span', { class: 'figure', role: 'status' });
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
    this.list.replaceChildren(el('p', { class: 'loading' }, 'Loading…'));
    this.foot.replaceChildren();
    this.#setCount(null);
    await this.#fetch(null);
    const first = this.list.querySelector('.card');
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
      for (const item of page.items) this.#add(item);
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
    this.list.append(card(item, (...decision) => this.decide(...decision)));
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
    const open = [...this.list.querySelectorAll('.card:not(.done)')];
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
   * @param {Item} item
   * @param {Action} action
   * @param {string} [reason]
   */
  async decide(item, action, reason) {
    const node = this.list.querySelector(`#${CSS.escape(`c-${item.id}`)}`);
    if (!(node instanceof HTMLElement) || node.ariaBusy) return;
    const hadFocus = node.contains(document.activeElement) || document.activeElement === document.body;
    node.ariaBusy = 'true';
    try {
      const decision = { comment_id: item.id, action, version: item.version, ...(reason ? { reason } : {}) };
      const { results } = await call('POST', 'v1/moderation/decisions', { decisions: [decision] });
      this.#settle(node, item, action, results[0]);
      if (hadFocus && node.classList.contains('done')) this.#onward(node);
    } catch (error) {
      if (error instanceof CallError && error.status === 401) return void this.signedOut();
      const text = error instanceof Error ? error.message : String(error);
      this.#tell(node, 'bad', `Not saved. ${text}`);
    } finally {
      node.ariaBusy = null;
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
   * @param {Item} item
   * @param {Action} action
   * @param {Result} result
   */
  #settle(node, item, action, result) {
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
      const again = card(fresh, (...decision) => this.decide(...decision));
      this.items.set(item.id, fresh);
      node.replaceWith(again);
      this.go(again);
    } catch (error) {
      this.#tell(node, 'bad', error instanceof Error ? error.message : String(error));
    }
  }
}
