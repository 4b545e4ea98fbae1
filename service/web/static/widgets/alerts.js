// <article-alerts>: asks once, kindly, in the page; the browser's own prompt comes only from the OK.

import { kept, site } from './api.js';
import { button, el, shadow } from './dom.js';
import { Push } from './push.js';

const AGAIN_AFTER = 90 * 86_400_000;
const AT_MOST = 2;

/**
 * @param {HTMLElement} host attributes `site`, `topics`, `worker`, `delay` (seconds before it asks)
 * @param {URL} base
 * @param {AbortSignal} signal
 * @param {string} lang
 */
export async function mount(host, base, signal, lang) {
  const name = host.getAttribute('site') || 'default';
  const own = host.getAttribute('worker');
  const worker = new URL(own ?? 'push-worker.js', own ? document.baseURI : base);
  const topics = (host.getAttribute('topics') ?? '').split(/[\s,]+/).filter(Boolean);
  const push = new Push(site(base, name), name, base, worker, topics);
  if (Push.supported() && !(await reachable(worker))) return;
  const { box, w } = await shadow(host, 'bars.css', lang, 'alerts');
  if (!signal.aborted) await new Alerts(host, box, w.alerts, push, name, signal).start();
}

/**
 * A worker must come from the page's own origin. Where it doesn't, the reader can do nothing
 * about it, so only the console says so.
 * @param {URL} worker
 */
async function reachable(worker) {
  const how = 'serve push-worker.js from the page’s own origin and name it: <article-alerts worker="/push-worker.js">';
  if (worker.origin !== location.origin) {
    console.warn(`<article-alerts> ${worker.href} is not on this page’s origin; ${how}`);
    return false;
  }
  // Where the page's policy forbids this look, registering it decides.
  const found = await fetch(worker, { method: 'HEAD' }).catch(() => null);
  if (found && !(found.ok && /javascript/.test(found.headers.get('Content-Type') ?? ''))) {
    console.warn(`<article-alerts> there is no script at ${worker.href}; ${how}`);
    return false;
  }
  return true;
}

class Alerts {
  /**
   * @param {HTMLElement} host
   * @param {HTMLElement} box
   * @param {import('./words.js').Catalogue['alerts']} T
   * @param {Push} push
   * @param {string} site
   * @param {AbortSignal} signal
   */
  constructor(host, box, T, push, site, signal) {
    this.host = host;
    this.box = box;
    this.T = T;
    this.push = push;
    this.signal = signal;
    this.key = `push-refused:${site}`;
  }

  async start() {
    if (!Push.supported()) return this.#unsupported();
    if (Notification.permission === 'denied') return this.#state('blocked', this.T.blocked);
    if (Notification.permission === 'granted' && (await this.push.check().catch(() => false))) return this.#on();
    const { at, times } = kept.get(this.key, { at: 0, times: 0 });
    if (times >= AT_MOST || Date.now() - at < AGAIN_AFTER) return this.#off();
    const delay = Number(this.host.getAttribute('delay') ?? 2) * 1_000;
    setTimeout(() => this.signal.aborted || this.#ask(), delay);
    return this.#off();
  }

  #unsupported() {
    const apple = /iPhone|iPad/.test(navigator.userAgent) && !matchMedia('(display-mode: standalone)').matches;
    this.#state('unsupported', apple ? this.T.ios : this.T.unsupported);
  }

  /**
   * @param {string} name
   * @param {string} text
   * @param {HTMLElement} [action]
   */
  #state(name, text, action) {
    this.box.replaceChildren(
      el(
        'div',
        { class: `state ${name}`, part: 'state', role: 'group', 'aria-label': this.T.label },
        el('span', { class: 'dot' }),
        el('span', { class: action ? '' : 'inform', role: 'status' }, text),
        action,
      ),
    );
  }

  #on() {
    const turnOff = button('turn-off', this.T.turnOff, async () => {
      turnOff.ariaBusy = 'true';
      await this.push.off().catch(() => {});
      this.#refused();
      this.#off();
      this.#focus();
    }, { class: 'plain' });
    this.#state('on', this.T.on, turnOff);
  }

  #off() {
    this.#state('off', this.T.off, button('turn-on', this.T.turnOn, () => this.#ask(true), { class: 'plain' }));
  }

  #focus() {
    this.box.querySelector('button')?.focus();
  }

  #refused() {
    const { times } = kept.get(this.key, { times: 0 });
    kept.set(this.key, { at: Date.now(), times: times + 1 });
  }

  /** @param {boolean} [wanted] the reader called for it, so it takes the focus */
  #ask(wanted = false) {
    if (this.box.querySelector('.ask')) return;
    const bar = el(
      'section',
      { class: 'ask', part: 'bar', 'aria-labelledby': 'ask' },
      el('h2', { id: 'ask', part: 'heading' }, this.T.ask),
      el('p', {}, this.host.getAttribute('text') || this.T.what),
      el(
        'div',
        { class: 'bar' },
        button('accept', this.T.accept, ({ currentTarget }) => this.#accept(/** @type {HTMLElement} */ (currentTarget)), { class: 'send' }),
        button('decline', this.T.decline, () => this.#decline(), { class: 'quiet' }),
      ),
    );
    this.box.append(bar);
    if (wanted) bar.querySelector('button')?.focus();
  }

  #decline() {
    this.#refused();
    this.#off();
    this.#focus();
  }

  /** @param {HTMLElement} ok */
  async #accept(ok) {
    if (ok.ariaBusy) return;
    ok.ariaBusy = 'true';
    // First of all, and in the click itself: browsers open the prompt for nothing else.
    const permission = await Notification.requestPermission();
    if (permission === 'denied') return this.#state('blocked', this.T.blocked);
    if (permission !== 'granted') return this.#decline();
    try {
      await this.push.on();
      this.#on();
    } catch (error) {
      console.warn('<article-alerts>', error);
      this.#state('off', this.T.failed, button('turn-on', this.T.retry, () => this.#ask(true), { class: 'plain' }));
    }
    return this.#focus();
  }
}
