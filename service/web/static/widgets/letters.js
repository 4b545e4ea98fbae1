// E-mail that readers ask for: about replies to what they write, and about an article's new comments.
// Loaded where the site sends any. What it adds stands below the form and below the thread, so that it
// moves nothing.

import { kept, pageUrl } from './api.js';
import { bring, button, el, sheet } from './dom.js';
import { announce } from './light.js';
import { pageTitle } from './page-title.js';
import { words } from './words.js';

/** @typedef {import('./comments.js').Comments} Thread */

/** @type {WeakSet<Thread>} */
const offered = new WeakSet();
let fields = 0;

/**
 * The box below a form's button: whether its writer wants to hear of replies.
 * @param {Thread} thread
 * @param {HTMLElement} send
 * @returns {Promise<HTMLInputElement>}
 */
export async function offer(thread, send) {
  const w = await words(thread.w.tag, 'letters');
  const notify = el('input', { type: 'checkbox', name: 'notify' });
  send.parentElement?.after(el('label', { class: 'check' }, notify, el('span', {}, w.letters.notify)));
  follow(thread).catch(console.warn);
  return notify;
}

/**
 * The way to follow the article, at the thread's end.
 * @param {Thread} thread
 */
export async function follow(thread) {
  if (offered.has(thread)) return;
  offered.add(thread);
  try {
    const root = /** @type {ShadowRoot} */ (thread.box.getRootNode());
    const [w] = await Promise.all([words(thread.w.tag, 'letters', 'writing'), sheet(root, 'more.css')]);
    if (thread.signal.aborted) return;
    const place = el('section', { class: 'letters', 'aria-label': w.letters.follow });
    thread.live.before(place);
    await new Control(thread, w, place).show();
  } catch (error) {
    offered.delete(thread);
    throw error;
  }
}

class Control {
  /**
   * @param {Thread} thread
   * @param {import('./words.js').Words} w
   * @param {HTMLElement} place
   */
  constructor(thread, w, place) {
    this.thread = thread;
    this.w = w;
    this.place = place;
    this.path = thread.path.replace(/comments$/, 'follow');
    // Whoever signs in or out is asked for anew, before anything is sent for somebody else.
    thread.host.addEventListener('rejoinder:token', () => this.show().catch(console.warn), { signal: thread.signal });
  }

  /** @returns {string | undefined} of a reader who is known */
  get token() {
    const { session } = this.thread;
    return session?.reader ? session.token : undefined;
  }

  /**
   * @param {'GET' | 'POST' | 'DELETE'} method
   * @param {unknown} [body]
   */
  call(method, body) {
    const { token } = this;
    const query = method === 'POST' ? {} : { url: pageUrl() };
    return this.thread.call(method, this.path, { token, query, body, signal: this.thread.signal });
  }

  async show() {
    const { thread } = this;
    // Who is known here may still be being asked.
    if (thread.host.token || kept.get(`as:${thread.site}`, '')) await (await bring('session')).open(thread);
    const { token } = this;
    const state = token ? (await this.call('GET').catch(() => ({ state: 'none' }))).state : 'none';
    if (token === this.token) this.#offer(state === 'following');
  }

  /** @param {boolean} following */
  #offer(following) {
    const L = this.w.letters;
    if (following) {
      const end = button('unfollow', L.unfollow, () => this.#change(end, 'DELETE', false), { class: 'plain' });
      this.place.replaceChildren(el('p', {}, L.following, ' ', end));
    } else {
      const start = button('follow', L.follow, () => (this.token ? this.#change(start, 'POST', true) : this.#ask()), { class: 'plain' });
      this.place.replaceChildren(el('p', {}, start), el('p', { class: 'note' }, L.hint));
    }
  }

  /**
   * One press of a reader who is known.
   * @param {HTMLElement} pressed
   * @param {'POST' | 'DELETE'} method
   * @param {boolean} following afterwards
   */
  async #change(pressed, method, following) {
    if (pressed.ariaBusy) return;
    pressed.ariaBusy = 'true';
    try {
      await this.call(method, method === 'POST' ? { article: this.#article() } : undefined);
      this.#offer(following);
      this.place.querySelector('button')?.focus();
      announce(this.thread, following ? this.w.letters.following : '');
    } catch (error) {
      pressed.ariaBusy = null;
      this.#fail(error).catch(console.warn);
    }
  }

  /** A field for the address of whoever isn't known. */
  #ask() {
    const { w } = this;
    const id = `letters-${++fields}`;
    const typed = /** @type {HTMLInputElement | null} */ (this.thread.form.elements.namedItem('email'))?.value ?? '';
    const input = el('input', { id, type: 'email', name: 'follower', required: true, autocomplete: 'email', maxlength: 254, part: 'input' });
    input.value = typed;
    const wrong = el('p', { class: 'error', id: `${id}-error`, hidden: true });
    const send = el('button', { type: 'submit', class: 'send', part: 'button submit' }, w.letters.send);
    const cancel = button('cancel', this.thread.w.comments.cancel, () => {
      this.#offer(false);
      this.place.querySelector('button')?.focus();
    }, { class: 'quiet' });
    const form = el(
      'form',
      { class: 'form inline', part: 'form', novalidate: true },
      el('div', { class: 'field' }, el('label', { for: id }, this.thread.w.comments.email), input, wrong),
      el('div', { class: 'bar' }, send, cancel),
    );
    input.oninput = () => {
      input.ariaInvalid = null;
      wrong.hidden = true;
    };
    form.onsubmit = async (event) => {
      event.preventDefault();
      const good = input.checkValidity();
      input.ariaInvalid = good ? null : 'true';
      wrong.hidden = good;
      wrong.textContent = good ? '' : w.writing.wrong.email;
      if (!good) {
        input.setAttribute('aria-describedby', wrong.id);
        return input.focus();
      }
      if (send.ariaBusy) return;
      send.ariaBusy = 'true';
      try {
        const email = input.value.trim();
        await this.call('POST', { email, article: this.#article() });
        const said = el('p', { tabindex: -1, role: 'status' }, w.say(w.letters.asked, { email }));
        this.place.replaceChildren(said);
        said.focus();
      } catch (error) {
        send.ariaBusy = null;
        this.#fail(error).catch(console.warn);
      }
    };
    this.place.replaceChildren(form);
    input.focus();
  }

  #article() {
    return { url: pageUrl(), title: pageTitle() };
  }

  /** @param {unknown} error */
  async #fail(error) {
    if (this.thread.signal.aborted) return;
    const { explain } = await import('./problems.js');
    const { text } = await explain(this.w.tag, error, this.w.letters.failed);
    this.place.querySelector('.alert')?.remove();
    this.place.prepend(el('p', { class: 'alert', role: 'alert' }, text));
  }
}
