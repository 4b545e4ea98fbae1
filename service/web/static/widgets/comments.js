// <reader-comments>: the thread of one article and the form above it.

import { articleKey, kept, pageUrl, site } from './api.js';
import { bring, button, el, shadow } from './dom.js';
import { replyForm } from './form.js';
import { tree } from './thread.js';

/** @typedef {import('./types.js').ThreadPage} ThreadPage */

const SORTS = /** @type {const} */ (['newest', 'oldest', 'top']);

/**
 * @param {import('./types.js').Host} host
 * @param {URL} base
 * @param {AbortSignal} signal
 * @param {string} lang
 */
export async function mount(host, base, signal, lang) {
  const [article, { box, w }] = await Promise.all([
    articleKey(host),
    shadow(host, 'comments.css', lang, 'comments', 'count', 'times'),
  ]);
  if (signal.aborted) return;
  const thread = new Comments({ host, article, base, box, w, signal });
  const heed = () => thread.heed().catch(console.warn);
  host.addEventListener('rejoinder:token', heed, { signal });
  await Promise.all([thread.load(), heed()]);
  await thread.reveal();
  const seconds = Number(host.getAttribute('poll') ?? 20);
  const follow = () =>
    signal.aborted || bring('live').then((live) => live.follow(thread, seconds)).catch(() => setTimeout(follow, 60_000));
  setTimeout(follow, Math.max(2, seconds || 30) * 1_000);
}

export class Comments {
  /** @type {import('./own.js').Own | undefined} what this browser wrote, once anything was */
  own;
  /** @type {import('./session.js').Session | undefined} */
  session;
  required = false;
  /** @type {string | undefined} */
  ticket;
  /** @type {string | null} */
  next = null;
  count = 0;
  turn = 0;
  /** @type {ThreadPage | undefined} the first page as it was read last */
  first;

  /** @param {import('./types.js').Mounted} there */
  constructor({ host, article, base, box, w, signal }) {
    this.host = host;
    this.site = host.getAttribute('site') || 'default';
    this.article = article;
    this.path = `articles/${encodeURIComponent(article)}/comments`;
    this.limit = host.getAttribute('limit') || '20';
    this.sort = host.getAttribute('sort') || 'newest';
    this.call = site(base, this.site);
    this.box = box;
    this.w = w;
    const W = w.comments;
    this.signal = signal;
    this.form = replyForm(this, {});
    this.shut = el('p', { class: 'closed', hidden: true }, W.closed);
    this.heading = el('h2', { class: 'heading', part: 'heading', tabindex: -1 }, W.none);
    this.sorts = el(
      'div',
      { class: 'sorts', role: 'group', 'aria-label': W.order, hidden: true },
      ...SORTS.map((sort) => button(sort, W[sort], () => this.load(sort))),
    );
    this.list = el('div', { class: 'list', part: 'list' });
    this.foot = el('div', { class: 'foot' });
    this.live = el('div', { class: 'unseen', role: 'status' });
    box.replaceChildren(
      el('section', { class: 'write' }, this.shut, this.form),
      el('section', {}, el('header', { class: 'head' }, this.heading, this.sorts), this.list, this.foot),
      this.live,
    );
    addEventListener('hashchange', () => this.reveal(), { signal });
  }

  /**
   * @param {string} id
   * @returns {HTMLElement | null}
   */
  find(id) {
    return this.box.querySelector(`#comment-${id}`);
  }

  /** Loads the first page. */
  async load(sort = this.sort) {
    this.sort = sort;
    for (const choice of this.sorts.children) {
      choice.ariaPressed = String(choice.getAttribute('name') === sort);
    }
    const turn = ++this.turn; // a slow answer must not undo a later choice
    this.list.ariaBusy = 'true';
    if (this.list.matches(':focus-within')) this.heading.focus();
    if (!this.list.querySelector('article')) {
      this.list.replaceChildren(...SORTS.map(() => el('div', { class: 'bone' })));
    }
    this.foot.replaceChildren();
    const old = [...this.list.children];
    /** What is written meanwhile stays, with a reply begun below it. */
    const clear = () => old.forEach((node) => node.remove());
    try {
      if (kept.get(`own:${this.site}`, null)) await this.loadOwn().catch(console.warn);
      const page = await this.page(null);
      if (turn !== this.turn) return;
      this.first = page;
      clear();
      this.show(page);
      await this.own?.place();
      this.showEmpty();
    } catch (error) {
      if (turn !== this.turn || this.signal.aborted) return;
      console.warn('<reader-comments>', error);
      clear();
      this.list.prepend(this.failure(() => this.load()));
    }
    this.list.ariaBusy = null;
  }

  async loadOwn() {
    const { open } = await bring('own');
    this.own ??= await open(this);
  }

  /** Most pages have no token, and load nothing for it. */
  async heed() {
    if (!this.session && !this.required && !this.host.token) return;
    await (await bring('session')).open(this);
  }

  /** @param {() => void} again */
  failure(again) {
    const { notLoaded, retry } = this.w.comments;
    return el('p', { class: 'alert', role: 'alert' }, notLoaded, ' ', button('retry', retry, again, { class: 'plain' }));
  }

  /**
   * @param {string | null} cursor
   * @returns {Promise<ThreadPage>}
   */
  page(cursor) {
    const { sort, limit, signal } = this;
    return this.call('GET', this.path, { query: { sort, cursor, limit, url: pageUrl() }, signal });
  }

  /** @param {ThreadPage} page */
  show(page) {
    this.ticket = page.ticket ?? this.ticket;
    this.next = page.next_cursor;
    this.addCount(page.count - this.count);
    this.setOpen(page.article.open);
    this.required = page.sign_in === 'required';
    this.heed().catch(console.warn);
    for (const comment of page.items) {
      if (!this.find(comment.id)) this.list.append(tree(this, comment));
    }
    this.foot.replaceChildren();
    const { more: text, notLoaded, retry } = this.w.comments;
    const more = button('more', text, () => {
      bring('further').then(({ nextPage }) => nextPage(this, more), () => (more.textContent = `${notLoaded} ${retry}`));
    }, { class: 'more' });
    if (this.next) this.foot.append(more);
  }

  /** @param {boolean} open a text that is being written stays, whatever is said above it */
  setOpen(open) {
    const { form, shut } = this;
    const written = /** @type {HTMLTextAreaElement} */ (form.elements.namedItem('body')).value;
    shut.hidden = open;
    this.box.classList.toggle('over', !open);
    form.hidden = !open && !written;
  }

  /** @param {number} change */
  addCount(change) {
    this.count += change;
    const { w, count } = this;
    this.heading.textContent = count > 0 ? w.say(w.count.count, { n: count }) : w.comments.none;
    this.sorts.hidden = this.count < 2;
    // For <reader-count>, and for the page's own scripts.
    const detail = { site: this.site, article: this.article, count };
    this.box.dispatchEvent(new CustomEvent('rejoinder:count', { bubbles: true, composed: true, detail }));
  }

  showEmpty() {
    this.list.querySelector('.empty')?.remove();
    if (this.list.querySelector('article')) return;
    const W = this.w.comments;
    this.list.append(el('p', { class: 'empty', part: 'empty' }, el('strong', {}, W.empty), el('span', {}, W.invite)));
  }

  /** Goes to the comment that the page's address names. */
  async reveal() {
    const id = /^#\w*(?:commento?|isso)-([\w-]+)$/.exec(location.hash)?.[1];
    if (id) await bring('permalink').then((it) => it.reveal(this, id)).catch(console.warn);
  }
}
