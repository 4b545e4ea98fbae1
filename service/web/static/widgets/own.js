// What this browser's reader wrote: how it stands, changing it, removing it.
// Loaded only where something was written.

import { ApiError, kept } from './api.js';
import { bring, button, el, sheet } from './dom.js';
import { replyForm } from './form.js';
import { announce } from './light.js';
import { place } from './thread.js';
import { words } from './words.js';

/**
 * @typedef {import('./types.js').Comment} Comment
 * @typedef {import('./types.js').OwnComment} OwnComment
 */

const MINUTE = 60_000;
const EDIT_WINDOW = 15 * MINUTE;
const WARNED = 2; // minutes before an edit that is being written comes too late
const MOST = 100;
const CACHED = 60_000; // for so long a page of the thread may be older than the reader's own reply

/** @typedef {import('./comments.js').Comments} Thread */

/**
 * What is left of a comment that is gone.
 * @param {Comment} comment
 * @returns {Comment}
 */
const without = (comment) => ({ ...comment, status: 'removed', html: '', author: { name: '' } });

/**
 * Focuses the first of these buttons that there is.
 * @param {Element} acts
 * @param {...string} names
 */
const focusOn = (acts, ...names) => {
  const found = names.map((name) => acts.querySelector(`[name=${name}]`)).find(Boolean);
  /** @type {HTMLElement | undefined} */ (found ?? undefined)?.focus();
};

/** @param {Thread} thread */
export const open = async (thread) => {
  const own = new Own(thread, await words(thread.w.tag, 'own', 'reasons'));
  if (!thread.session && kept.get(`as:${thread.site}`, '')) {
    bring('session').then((session) => session.open(thread)).catch(console.warn);
  }
  return own;
};

export class Own {
  /**
   * @param {Thread} thread
   * @param {import('./words.js').Words} w
   */
  constructor(thread, w) {
    this.thread = thread;
    this.w = w;
    this.key = `own:${thread.site}`;
    sheet(/** @type {ShadowRoot} */ (thread.box.getRootNode()), 'more.css');
  }

  /** @returns {Record<string, OwnComment>} */
  #stored() {
    return kept.get(this.key, {});
  }

  /** @returns {Record<string, OwnComment>} */
  #all() {
    return { ...this.#stored(), ...this.thread.session?.own };
  }

  /** @param {string} id */
  has(id) {
    return id in this.#all();
  }

  /** @param {string} id */
  get(id) {
    return this.#all()[id];
  }

  /** What opens an own comment: its own token, or its reader's. @param {string} id */
  token(id) {
    return this.get(id)?.token ?? this.thread.session?.token;
  }

  /** @param {OwnComment} own */
  keep(own) {
    const { id } = own.comment;
    const signed = this.thread.session?.own;
    if (signed?.[id]) {
      signed[id] = own;
      return;
    }
    const all = Object.entries({ ...this.#stored(), [id]: own });
    kept.set(this.key, Object.fromEntries(all.slice(-MOST)));
  }

  /** @param {string} id */
  forget(id) {
    const { [id]: _, ...rest } = this.#stored();
    kept.set(this.key, Object.keys(rest).length ? rest : null);
    delete this.thread.session?.own[id];
  }

  /**
   * Shows what only this reader sees, in the state it has by now.
   * @param {boolean} [fresh] what the reader's sign-in brought has come just now
   */
  async place(fresh) {
    const { thread } = this;
    const unseen = Object.values(this.#all())
      .filter((own) => own.article === thread.article && !thread.find(own.comment.id))
      .slice(-20);
    await Promise.all(unseen.map((own) => (own.token || !fresh) && this.#refresh(own)));
    for (const { comment } of unseen) {
      const own = this.get(comment.id);
      if (!own) continue;
      const newest = Date.now() - Date.parse(own.comment.created_at) < CACHED;
      if (own.comment.status !== 'published' || newest) place(thread, own.comment);
    }
  }

  /** What has been decided of held comments shown here, since they were. @returns {Promise<Comment[]>} */
  async decided() {
    const { thread } = this;
    const held = Object.values(this.#all()).filter(({ comment: { id, status } }) => status === 'held' && thread.find(id));
    await Promise.all(held.slice(-20).map((own) => this.#refresh(own)));
    return held.flatMap(({ comment }) => {
      const now = this.get(comment.id)?.comment ?? without(comment);
      return now.status === comment.status ? [] : [now];
    });
  }

  /** @param {OwnComment} own */
  async #refresh({ notice, ...own }) {
    const { comment: old } = own;
    const token = this.token(old.id);
    try {
      const { signal } = this.thread;
      const { comment, body } = await this.thread.call('GET', `comments/${old.id}`, { token, signal });
      if (comment.status === 'removed') this.forget(old.id);
      else {
        const still = comment.status === old.status;
        this.keep({ ...own, body: body ?? own.body, comment, notice: still ? notice : undefined });
      }
    } catch (error) {
      const known = error instanceof ApiError && [401, 403, 404, 410].includes(error.status);
      if (known) this.forget(old.id);
    }
  }

  /**
   * Adds to a shown comment what its author sees of it.
   * @param {Comment} comment
   * @param {HTMLElement} node
   */
  mark(comment, node) {
    const { status } = comment;
    const M = this.w.own;
    const [by, , acts] = node.children[0].children;
    by.querySelector('.when')?.before(el('span', { class: 'badge you' }, M.you));
    if (status !== 'published') {
      const mark = status === 'held' ? M.held : M.notPublished;
      by.append(el('span', { class: `mark ${status}`, part: 'mark' }, mark));
      acts.before(this.#notice(comment, node));
    }
    if (status !== 'published' && status !== 'held') return;
    const edit = button('edit', M.edit, () => this.#edit(comment, node), { class: 'act' });
    const note = el('span', { class: 'until' });
    const remove = button('remove', M.remove, () => this.#askRemove(comment, acts), { class: 'act' });
    acts.append(edit, note, remove);
    this.#countDown(comment, note, () => {
      if (edit.matches(':focus')) remove.focus();
      edit.remove();
      note.remove();
    });
  }

  /**
   * Says for how many minutes a comment may still be changed. From when on is this browser's own clock's
   * where the comment was posted here: many a clock is wrong.
   * @param {Comment} comment
   * @param {HTMLElement} note
   * @param {() => void} over
   * @param {(text: string, minutes: number) => void} [said]
   */
  #countDown({ id, created_at: at }, note, over, said) {
    const until = (this.get(id)?.posted ?? Date.parse(at)) + EDIT_WINDOW;
    const look = () => {
      const left = until - Date.now();
      if (left <= 0) return over();
      const n = Math.ceil(left / MINUTE);
      note.textContent = this.w.say(this.w.own.editFor, { n });
      said?.(note.textContent, n);
      const timer = setTimeout(look, left - (n - 1) * MINUTE);
      this.thread.signal.addEventListener('abort', () => clearTimeout(timer));
    };
    look();
  }

  /**
   * @param {Comment} comment
   * @param {HTMLElement} node
   */
  #notice({ id, status, reason }, node) {
    const { own: M, reasons, say } = this.w;
    const usual = status === 'held' ? M.heldLong : status === 'spam' ? M.spamLong : M.rejectedLong;
    const here = status === 'held' ? M.onlyTillThen : M.onlyYou;
    const anywhere = status === 'held' ? M.onlyTillThenSigned : M.onlyYouSigned;
    const only = this.get(id)?.token ? here : anywhere;
    const box = el('p', { class: `notice ${status}`, part: 'notice' }, this.#watched(id) || usual, ' ', only);
    const why = /** @type {Record<string, string>} */ (reasons)[reason ?? ''];
    if (status === 'rejected' && why) box.append(' ', say(M.because, { reason: why }));
    if (status !== 'held') {
      const away = () => {
        this.forget(id);
        node.remove();
        this.thread.showEmpty();
        this.thread.heading.focus({ preventScroll: true });
      };
      box.append(' ', button('dismiss', M.dismiss, away, { class: 'plain' }));
    }
    return box;
  }

  /** What a reader under a sanction is told. @param {string} id */
  #watched(id) {
    const { own: M, exact, say } = this.w;
    const { reason = '', until } = this.get(id)?.notice ?? {};
    if (!reason) return '';
    return until ? say(M.watchedUntil, { reason, until: exact.format(new Date(until)) }) : say(M.watched, { reason });
  }

  /**
   * @param {Comment} comment
   * @param {HTMLElement} node
   */
  #edit(comment, node) {
    const [, text] = /** @type {Iterable<HTMLElement>} */ (node.children[0].children);
    const acts = /** @type {HTMLElement} */ (node.querySelector('.acts'));
    const form = replyForm(this.thread, { edit: comment });
    text.hidden = acts.hidden = true;
    form.addEventListener('cancel', () => {
      text.hidden = acts.hidden = false;
      focusOn(acts, 'edit', 'remove');
    });
    text.after(form);
    const note = el('span', { class: 'until' });
    form.querySelector('.bar')?.append(note);
    this.#countDown(comment, note, () => {
      note.textContent = this.w.own.editOver;
      if (form.isConnected) announce(this.thread, this.w.own.editOver);
    }, (said, n) => n === WARNED && form.isConnected && announce(this.thread, said));
    form.querySelector('textarea')?.focus();
  }

  /**
   * @param {Comment} comment
   * @param {Element} acts
   */
  #askRemove(comment, acts) {
    const M = this.w.own;
    const back = [...acts.children];
    const ask = el('span', { class: 'ask' }, M.ask);
    const yes = button('remove-yes', M.yes, async () => {
      if (yes.ariaBusy) return;
      yes.ariaBusy = 'true';
      try {
        await this.thread.call('DELETE', `comments/${comment.id}`, { token: this.token(comment.id) });
        this.#gone(comment);
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return this.#gone(comment);
        yes.ariaBusy = null;
        const ended = this.thread.session?.ended(error);
        if (ended) return void (ask.textContent = ended);
        const { explain } = await import('./problems.js');
        ask.textContent = (await explain(this.w.tag, error, M.failed)).text;
      }
    }, { class: 'act strong' });
    const no = button('remove-no', M.no, () => {
      acts.replaceChildren(...back);
      focusOn(acts, 'remove');
    }, { class: 'act' });
    acts.replaceChildren(ask, yes, no);
    yes.focus();
  }

  /** Replies to a removed comment stay, under a tombstone. @param {Comment} comment */
  #gone(comment) {
    const { thread } = this;
    if (comment.status === 'published') thread.addCount(-1);
    this.forget(comment.id);
    const node = thread.find(comment.id);
    if (node?.querySelector('article')) {
      place(thread, without(comment));
    } else node?.remove();
    thread.showEmpty();
    thread.heading.focus({ preventScroll: true });
    announce(thread, this.w.own.gone);
  }
}
