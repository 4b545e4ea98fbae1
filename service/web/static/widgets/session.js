// Readers who have signed in at the publisher's, or confirmed an address (known.js). Loaded where
// the page or this browser has a token, or one is needed.

import { pageUrl } from './api.js';
import { button, el, sheet } from './dom.js';
import { forget, knownToken, ways } from './known.js';
import { announce } from './light.js';
import { words } from './words.js';

/**
 * @typedef {import('./comments.js').Comments} Thread
 * @typedef {import('./types.js').OwnComment} OwnComment
 * @typedef {{ name: string, badge?: string, comments: { comment: import('./types.js').Comment, body: string }[] }} Reader
 */

/** @type {WeakMap<Thread, Promise<Session>>} */
const sessions = new WeakMap();

/**
 * Brings a thread in step with the page's token.
 * @param {Thread} thread
 */
export async function open(thread) {
  const made = sessions.get(thread) ?? make(thread);
  sessions.set(thread, made);
  made.catch(() => sessions.delete(thread));
  thread.session = await made;
  await thread.session.use();
}

/** @param {Thread} thread */
async function make(thread) {
  const root = /** @type {ShadowRoot} */ (thread.box.getRootNode());
  const [w] = await Promise.all([words(thread.w.tag, 'session', 'problems'), sheet(root, 'more.css')]);
  return new Session(thread, w);
}

export class Session {
  /** @type {string | undefined} what the calls of whoever has signed in carry */
  token;
  /** @type {Reader | null} */
  reader = null;
  /** @type {Record<string, OwnComment>} what of this thread is the reader's, wherever it was written */
  own = {};
  unchecked = false;
  #given = '';
  #checking = false;
  #checked = Promise.resolve();

  /**
   * @param {Thread} thread
   * @param {import('./words.js').Words} w
   */
  constructor(thread, w) {
    this.thread = thread;
    this.w = w;
  }

  /** Signs in or out as the token says, the page's before our own; resolves when that is done. */
  use(again = false) {
    const given = this.thread.host.token || knownToken(this.thread);
    if (given !== this.#given || again) {
      this.#given = given;
      this.#checked = this.#check(given);
    } else this.#dressAll();
    return this.#checked;
  }

  /** @param {string} given */
  async #check(given) {
    this.unchecked = false;
    this.#checking = Boolean(given);
    if (!given) return this.#leave();
    this.#dressAll();
    const { call, article, signal } = this.thread;
    try {
      const reader = await call('GET', 'reader', { token: given, query: { article, url: pageUrl() }, signal });
      if (given !== this.#given || signal.aborted) return;
      this.#checking = false;
      await this.#enter(given, reader);
    } catch (error) {
      if (given !== this.#given || signal.aborted) return;
      this.#checking = false;
      this.#leave();
      if (this.ended(error)) return;
      this.unchecked = true;
      this.#dressAll();
    }
  }

  /**
   * @param {string} token
   * @param {Reader} reader
   */
  async #enter(token, reader) {
    const { thread } = this;
    const before = this.reader;
    this.#release();
    this.token = token;
    this.reader = reader;
    for (const { comment, body } of reader.comments) {
      this.own[comment.id] = { article: thread.article, body, comment };
    }
    this.#dressAll();
    if (before?.name !== reader.name) announce(thread, this.w.session.as.replace('{name}', reader.name));
    await thread.loadOwn();
    for (const { comment } of reader.comments) this.#adopt(comment);
    // A thread that is still being loaded puts them in place itself.
    if (!thread.list.ariaBusy) await thread.own?.place(true);
    thread.showEmpty();
  }

  #leave() {
    this.#release();
    this.token = undefined;
    this.reader = null;
    this.#dressAll();
  }

  /** Marks a shown comment as the reader's own. @param {import('./types.js').Comment} comment */
  #adopt(comment) {
    const node = this.thread.find(comment.id);
    if (!node || node.querySelector(':scope > .main .you')) return;
    others(node, true);
    this.thread.own?.mark(comment, node);
  }

  /** Takes from the page what only the reader may see there. */
  #release() {
    const { thread } = this;
    const { own } = this;
    this.own = {};
    for (const [id, { comment }] of Object.entries(own)) {
      const node = thread.find(id);
      if (!node || thread.own?.has(id)) continue;
      if (comment.status !== 'published') node.remove();
      else {
        for (const one of node.querySelectorAll(':scope > .main :is(.you, .until, [name=edit], [name=remove])')) one.remove();
        others(node, false);
      }
    }
    if (!thread.list.ariaBusy) thread.showEmpty();
  }

  #dressAll() {
    for (const form of this.thread.box.querySelectorAll('form.form')) this.dress(/** @type {HTMLFormElement} */ (form));
  }

  /**
   * Has a form ask for name and address, or not, or for a sign-in first. What is written in it stays.
   * @param {HTMLFormElement} form
   */
  dress(form) {
    const who = /** @type {HTMLElement | null} */ (form.querySelector('.who'));
    if (!who) return; // a change to an own comment: that one may, or may not, whoever signs in
    const { reader, thread } = this;
    const checking = this.#checking && !reader;
    const shut = thread.required && !reader && !checking;
    const root = /** @type {ShadowRoot} */ (thread.box.getRootNode());
    const old = form.querySelector('.as');
    const focused = old?.contains(root.activeElement);
    old?.remove();
    /** @type {HTMLTextAreaElement | null} */
    const body = form.querySelector('textarea');
    /** @param {string} selector @param {boolean} hidden */
    const hide = (selector, hidden) => /** @type {HTMLElement | null} */ (form.querySelector(selector))?.toggleAttribute('hidden', hidden);
    for (const selector of ['.who', '.check', '.note']) hide(selector, Boolean(reader) || checking || shut);
    hide('.field:has(textarea)', shut && !body?.value && root.activeElement !== body);
    hide('.send[type=submit]', shut);
    const line = reader ? this.#as(reader) : this.unchecked ? this.#unchecked() : shut && this.#gate();
    if (line) who.before(line);
    if (reader) {
      const alert = /** @type {HTMLElement} */ (form.querySelector('.alert'));
      const { sign_in_expired: expired, sign_in_refused: refused, sign_in_required: required } = this.w.problems;
      if ([expired, refused, required].includes(alert.textContent ?? '')) alert.hidden = true;
    }
    if (focused) body?.focus();
  }

  /** @param {Reader} reader */
  #as({ name, badge }) {
    const [before, after] = this.w.session.as.split('{name}');
    const shown = el('span', {}, before, el('bdi', { class: 'name' }, name), after);
    const ours = this.#ours() ? ways(this.thread, this.w) : [];
    return el('p', { class: 'as', part: 'writer' }, shown, badge && el('span', { class: 'badge', part: 'badge' }, badge), ...ours);
  }

  /** Whether the token is one of ours, of which the page knows nothing. */
  #ours() {
    return !this.thread.host.token;
  }

  #unchecked() {
    return el('p', { class: 'as', part: 'writer' }, this.w.session.unchecked, button('retry-sign-in', this.w.comments.retry, () => this.use(true), { class: 'plain' }));
  }

  #gate() {
    const { host } = this.thread;
    const W = this.w.session;
    const given = host.getAttribute('sign-in');
    const url = given ? new URL(given, document.baseURI) : undefined;
    const href = url && /^https?:$/.test(url.protocol) ? url.href : undefined;
    /** @param {Event} event */
    const onclick = (event) => {
      // The page may open a dialog of its own instead of going there.
      if (!this.#tell('sign-in')) event.preventDefault();
    };
    const props = { class: 'send gate', part: 'button sign-in', onclick };
    const way = href ? el('a', { href, ...props }, W.signIn) : button('sign-in', W.signIn, onclick, props);
    return el('div', { class: 'as shut', part: 'gate' }, el('span', {}, W.only), way);
  }

  /**
   * What to say where a call failed because of the sign-in; nothing where it is something else.
   * The page is told, so that it can sign the reader in again.
   * @param {unknown} error
   */
  ended(error) {
    const type = /** @type {any} */ (error)?.problem?.type ?? '';
    const why = /** @type {'expired' | 'refused' | 'required' | undefined} */ (/\/sign-in-(\w+)$/.exec(type)?.[1]);
    if (!why) return '';
    if (this.#ours() && this.#given) {
      if (why !== 'required') forget(this.thread);
      this.#given = '';
      this.#leave();
      return this.w.problems[`sign_in_${why}`];
    }
    if (this.reader || why !== 'required') this.#leave();
    else this.#dressAll();
    if (why === 'refused') console.warn('<reader-comments>: the token was refused. The desk’s page of sites says why.');
    this.#tell(why);
    return this.w.problems[`sign_in_${why}`];
  }

  /** @param {string} what */
  #tell(what) {
    const { article, host } = this.thread;
    const options = { bubbles: true, composed: true, cancelable: true, detail: { article } };
    return host.dispatchEvent(new CustomEvent(`rejoinder:${what}`, options));
  }
}

/**
 * What is for others: nobody applauds or reports themselves.
 * @param {HTMLElement} node
 * @param {boolean} mine
 */
function others(node, mine) {
  const like = /** @type {HTMLButtonElement | null} */ (node.querySelector(':scope > .main [name=like]'));
  if (like) like.disabled = mine;
  node.querySelector(':scope > .main [name=report]')?.toggleAttribute('hidden', mine);
}
