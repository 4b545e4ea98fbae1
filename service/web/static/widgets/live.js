// Keeps a thread that is being read up to date: what is shown changes in place, what is new is offered.
// Nothing moves what the reader looks at, and nothing that somebody writes is touched.

import { ApiError, kept, pageUrl } from './api.js';
import { bring, button, el, sheet } from './dom.js';
import { announce, light } from './light.js';
import { steady } from './steady.js';
import { hang, place, shown, tree } from './thread.js';
import { tick } from './tick.js';
import { waitOf } from './waiting.js';
import { words } from './words.js';

/**
 * @typedef {import('./types.js').Comment} Comment
 * @typedef {import('./types.js').ThreadPage} ThreadPage
 * @typedef {import('./comments.js').Comments} Thread
 */

const OWN_EVERY = 45_000; // what becomes of a held comment only its author may ask
const LIKED_JUST_NOW = 60_000; // for so long a cache on the way may not know of a like

/**
 * @param {Thread} thread
 * @param {number} seconds between two looks; none where it isn't more than 0
 */
export async function follow(thread, seconds) {
  if (thread.signal.aborted) return;
  tick(thread.w, thread.box, thread.signal);
  if (thread.first?.letters) bring('letters').then((letters) => letters.follow(thread)).catch(console.warn);
  if (!(seconds > 0)) return;
  const [w] = await Promise.all([
    words(thread.w.tag, 'live'),
    sheet(/** @type {ShadowRoot} */ (thread.box.getRootNode()), 'more.css'),
  ]);
  if (!thread.signal.aborted) new Live(thread, w, Math.max(2, seconds) * 1_000);
}

class Live {
  /** @type {Map<string, Comment>} what is new and not shown yet */
  waiting = new Map();
  /** @type {Map<string, Comment>} what changed under an open form */
  later = new Map();
  /** @type {Map<string, number>} when this reader liked what */
  liked = new Map();
  whole = false;
  quiet = 0;
  failures = 0;
  last = Date.now();
  ownChecked = Date.now();
  timer = 0;
  began = 0;

  /**
   * @param {Thread} thread
   * @param {import('./words.js').Words} w
   * @param {number} every milliseconds
   */
  constructor(thread, w, every) {
    this.thread = thread;
    this.w = w;
    this.every = every;
    this.bar = el('div', { class: 'news', role: 'status' });
    const { signal } = thread;
    this.#reset();
    thread.box.addEventListener('click', ({ target }) => {
      const like = /** @type {Element} */ (target).closest('.like');
      if (like) this.liked.set(like.closest('article')?.id ?? '', Date.now());
    }, { signal });
    document.addEventListener('visibilitychange', () => this.#soon(this.every - (Date.now() - this.last)), { signal });
    addEventListener('online', () => this.#soon(Math.random() * 3_000), { signal });
    signal.addEventListener('abort', () => clearTimeout(this.timer));
    this.#poll();
  }

  /** @param {number} wait */
  #soon(wait) {
    clearTimeout(this.timer);
    if (!this.thread.signal.aborted && !document.hidden) this.timer = setTimeout(() => this.#poll(), Math.max(0, wait));
  }

  /** The longer nothing happens, or the oftener it fails, the rarer the looks; never all at once. */
  #pace() {
    const slower = this.failures ? Math.min(16, 2 ** this.failures) : this.quiet > 30 ? 4 : this.quiet > 10 ? 2 : 1;
    return this.every * slower * (0.85 + Math.random() * 0.3);
  }

  async #poll() {
    let wait = 0;
    // Without a connection the browser tells when it is back.
    if (document.hidden || !navigator.onLine) return;
    this.last = Date.now();
    try {
      this.quiet = (await this.#look()) ? 0 : this.quiet + 1;
      this.failures = 0;
    } catch (error) {
      if (!(error instanceof ApiError)) console.warn('<reader-comments>', error);
      this.failures += 1;
      wait = error instanceof ApiError ? waitOf(error) * 1_000 : 0;
    }
    this.#soon(Math.max(wait, this.#pace()));
  }

  /** @returns {Promise<boolean>} whether anything has changed */
  async #look() {
    const { thread } = this;
    const had = thread.first;
    if (!had || thread.list.getAttribute('aria-busy')) return false;
    if (!this.bar.isConnected) this.#reset();
    await this.#askForOwn();
    const page = await thread.page(null);
    if (thread.first !== had) return true; // another order has been chosen meanwhile
    const same = page.since === had.since;
    if (same && !this.later.size) return false;
    const { signal } = thread;
    const query = { since: had.since, until: page.since, url: pageUrl() };
    /** @type {import('./types.js').Changes} */
    const changes = same
      ? { items: [], gone: [], complete: true }
      : await thread.call('GET', thread.path.replace(/comments$/, 'changes'), { query, signal });
    if (kept.get(`own:${thread.site}`, null)) await thread.loadOwn();
    if (thread.first !== had) return true;
    thread.first = page;
    steady(thread, () => this.#apply(page, changes));
    this.#offer();
    return !same;
  }

  /** The thread was loaded anew. Its ticket begins with the server's time, in seconds. */
  #reset() {
    this.began = Number.parseInt(this.thread.first?.ticket ?? '0', 10) * 1_000;
    this.waiting.clear();
    this.later.clear();
    this.whole = false;
    this.bar.replaceChildren();
    this.thread.list.prepend(this.bar);
  }

  /**
   * @param {ThreadPage} page
   * @param {import('./types.js').Changes} changes
   */
  #apply(page, { items, gone, complete }) {
    const { thread } = this;
    thread.ticket = page.ticket ?? thread.ticket;
    thread.addCount(page.count - thread.count);
    thread.setOpen(page.article.open);
    for (const root of page.items) {
      this.#fold(root);
      for (const comment of [root, ...(root.replies ?? [])]) this.#like(comment);
    }
    const changed = [...this.later.values(), ...items];
    this.later.clear();
    for (const comment of changed) this.#take(comment);
    for (const id of gone) this.#lose(id);
    this.whole ||= !complete;
  }

  /** Says how many replies below a root are folded away by now. @param {Comment} root */
  #fold({ id, reply_count: count = 0 }) {
    const node = this.thread.find(id);
    /** @type {HTMLElement | null | undefined} */
    const more = node?.querySelector(':scope > .more-here');
    const left = count - (node?.querySelectorAll('article.published').length ?? 0);
    if (!more || left < 1 || left === Number(more.dataset.left)) return;
    more.dataset.left = String(left);
    more.textContent = this.w.say(this.w.comments.moreHere, { n: left });
  }

  /** @param {Comment} comment */
  #like({ id, likes }) {
    const node = this.thread.find(id);
    const like = node?.querySelector(':scope > .main > .acts > .like');
    const known = node && shown.get(node);
    if (!like || !known || known.likes === likes) return;
    if (Date.now() - (this.liked.get(node.id) ?? 0) < LIKED_JUST_NOW) return;
    known.likes = Math.max(likes, Number(like.getAttribute('aria-pressed') === 'true'));
    like.dispatchEvent(new Event('refresh'));
  }

  /** A comment is new or has changed. @param {Comment} comment */
  #take(comment) {
    const { thread } = this;
    const node = thread.find(comment.id);
    if (!node) {
      if (this.#belongs(comment)) this.waiting.set(comment.id, comment);
      return;
    }
    const known = shown.get(node);
    const main = node.querySelector(':scope > .main');
    if (main?.querySelector('form')) this.later.set(comment.id, comment);
    else if (known?.status !== comment.status) this.#replace(node, comment);
    else if (main && known && known.html !== comment.html) {
      const [by, text] = main.children;
      text.innerHTML = known.html = comment.html; // sanitised by the server
      if (!by.querySelector('.edited')) by.append(el('span', { class: 'edited' }, this.w.comments.edited));
    }
  }

  /**
   * An own comment has been decided on. Replies to it are moved, and the focus in them kept.
   * @param {Element} node
   * @param {Comment} comment
   */
  #replace(node, comment) {
    const { thread } = this;
    const root = /** @type {ShadowRoot} */ (thread.box.getRootNode());
    const at = /** @type {HTMLElement | null} */ (root.activeElement);
    const form = node.querySelector(':scope > form');
    const own = thread.own?.get(comment.id);
    if (own) thread.own?.keep({ ...own, comment });
    const fresh = place(thread, comment);
    if (form) fresh.querySelector(':scope > .replies')?.before(form);
    const focused = at?.isConnected ? at : at && node.contains(at) ? fresh : null;
    focused?.focus({ preventScroll: true });
  }

  /** What is gone leaves its place, and a form for a reply to it. @param {string} id */
  #lose(id) {
    this.waiting.delete(id);
    this.later.delete(id);
    const node = this.thread.find(id);
    if (!node || node.classList.contains('removed') || this.thread.own?.has(id)) return;
    const main = node.querySelector(':scope > .main');
    const focused = main?.contains(/** @type {ShadowRoot} */ (node.getRootNode()).activeElement);
    node.className = 'comment removed';
    main?.replaceWith(el('p', { class: 'tomb' }, this.w.comments.removed));
    if (focused) node.focus({ preventScroll: true });
  }

  /**
   * Whether a new comment has its place in what is shown; one that hasn't comes with "more".
   * @param {Comment} comment
   */
  #belongs(comment) {
    const { thread } = this;
    if (!comment.parent_id) {
      if (!thread.next) return true;
      return thread.sort === 'top' ? Date.parse(comment.created_at) > this.began : this.#follower(comment) !== null;
    }
    const root = comment.root_id ?? '';
    // Oldest first: where some are folded away, the newest are among them.
    if (thread.find(root)) return !thread.find(root)?.querySelector(':scope > .more-here');
    return this.waiting.has(root);
  }

  /**
   * The shown root comment before which a new one stands.
   * @param {Comment} comment
   */
  #follower({ created_at: at }) {
    const newest = this.thread.sort === 'newest';
    for (const node of this.thread.list.children) {
      const other = shown.get(node)?.created_at;
      if (other && !node.hasAttribute('data-apart') && (newest ? other < at : other > at)) return node;
    }
    return null;
  }

  /** Says how many are new, with a button that shows them. */
  #offer() {
    const { bar, w, thread } = this;
    for (const id of this.waiting.keys()) if (thread.find(id)) this.waiting.delete(id);
    const n = this.waiting.size;
    if (!n && !this.whole) return bar.replaceChildren();
    const text = this.whole ? w.live.some : w.say(w.live.new, { n });
    if (bar.textContent === text) return;
    if (thread.list.firstElementChild !== bar) thread.list.prepend(bar);
    bar.replaceChildren(button('new', text, () => (this.whole ? thread.load() : this.#show()), { part: 'button new' }));
  }

  #show() {
    const { thread, bar } = this;
    const comments = [...this.waiting.values()].sort((a, b) => (a.created_at < b.created_at ? -1 : 1));
    this.waiting.clear();
    /** @type {HTMLElement[]} */
    const nodes = [];
    steady(thread, () => {
      thread.list.querySelector('.empty')?.remove();
      for (const comment of comments) {
        if (thread.find(comment.id)) continue;
        if (comment.parent_id) {
          const root = thread.find(comment.root_id ?? '');
          const node = root && hang(thread, root, comment);
          if (node) nodes.push(node);
        } else {
          const before = thread.sort === 'top' ? bar.nextSibling : this.#follower(comment);
          const node = tree(thread, { ...comment, replies: [], reply_count: 0 });
          thread.list.insertBefore(node, before);
          nodes.push(node);
        }
      }
      for (const node of nodes) node.classList.add('fresh');
      bar.replaceChildren();
    });
    const [first] = nodes;
    if (!first) return;
    const { top, bottom } = first.getBoundingClientRect();
    if (top >= 0 && bottom <= innerHeight) return first.focus({ preventScroll: true });
    const go = button('go', this.w.live.go, () => {
      bar.replaceChildren();
      light(first);
    }, { part: 'button new' });
    bar.replaceChildren(go);
    go.focus({ preventScroll: true });
  }

  async #askForOwn() {
    const { thread } = this;
    if (!thread.own || Date.now() - this.ownChecked < OWN_EVERY) return;
    this.ownChecked = Date.now();
    const decided = await thread.own.decided();
    if (decided.length) steady(thread, () => {
      for (const comment of decided) this.#take(comment);
    });
    if (decided.length) announce(thread, this.w.live.changed);
  }
}
