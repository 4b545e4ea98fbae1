// <article-alerts>: asks once, kindly, in the page; the browser's own prompt comes only from the OK.

import { ApiError, site } from './api.js';
import { asked, countVisit, mayAsk, moment } from './asking.js';
import { blockedBy, unsupportedBy } from './browsers.js';
import { button, el, shadow } from './dom.js';
import { Push, Refused } from './push.js';
import { Topics } from './topics.js';

/** @param {string | null} list */
const words = (list) => (list ?? '').split(/[\s,]+/).filter(Boolean);

/**
 * @param {HTMLElement} host attributes `site`, `topics`, `worker`, `keep-worker`, `replace-worker`,
 *   `text`, and those of asking.js
 * @param {URL} base
 * @param {AbortSignal} signal
 * @param {string} lang
 */
export async function mount(host, base, signal, lang) {
  const name = host.getAttribute('site') || 'default';
  const own = host.getAttribute('worker');
  const worker = new URL(own ?? 'push-worker.js', own ? document.baseURI : base);
  const named = words(host.getAttribute('topics'));
  const push = new Push(site(base, name), name, base, {
    worker,
    topics: named.filter((topic) => topic !== '*'),
    keep: words(host.getAttribute('keep-worker')),
    replace: words(host.getAttribute('replace-worker')),
  });
  const visit = countVisit(name, signal);
  if (Push.supported() && !(await reachable(worker))) return;
  const { box, w } = await shadow(host, 'bars.css', lang, 'alerts');
  if (!signal.aborted) await new Alerts(host, box, w, push, new Topics(w, push, named), visit, signal).start();
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
   * @param {import('./words.js').Words} w
   * @param {Push} push
   * @param {Topics} topics
   * @param {number} visit
   * @param {AbortSignal} signal
   */
  constructor(host, box, w, push, topics, visit, signal) {
    this.host = host;
    this.box = box;
    this.w = w;
    this.T = w.alerts;
    this.push = push;
    this.topics = topics;
    this.visit = visit;
    this.signal = signal;
    this.line = el('div');
    box.append(this.line);
  }

  async start() {
    if (!Push.supported()) return this.#state('unsupported', this.T[unsupportedBy()]);
    this.#heed();
    return this.#now();
  }

  /** What another tab does, and what the reader changes in the browser's settings, shows here too. */
  #heed() {
    const { signal } = this;
    const key = `rejoinder:${this.push.record.key}`;
    window.addEventListener('storage', (event) => event.key === key && this.#show(), { signal });
    window.addEventListener('online', () => this.push.kept && this.#now(), { signal });
    navigator.permissions
      ?.query({ name: 'notifications' })
      .then((status) => status.addEventListener('change', () => this.#now(), { signal }))
      .catch(() => {});
    document.addEventListener('keydown', (event) => {
      // "Not now": the bar has counted as asked since it was shown.
      if (event.key === 'Escape' && !event.defaultPrevented) this.#close();
    }, { signal });
  }

  async #now() {
    if (!this.push.kept || (await this.push.here())) await this.#show();
    try {
      if (this.push.kept || Notification.permission === 'granted') await this.push.mend();
    } catch (error) {
      console.warn('<article-alerts>', error);
      return this.#off(this.#why(error), this.T.retry);
    }
    if ((await this.#show()) || Notification.permission === 'denied') return undefined;
    return this.#askInTime();
  }

  /** Answers whether alerts are on. */
  async #show() {
    if (this.signal.aborted) return true;
    const on = await this.push.here();
    if (on) {
      this.#close();
      this.#on();
    } else if (Notification.permission === 'denied') this.#state('blocked', this.T[blockedBy()]);
    else this.#off();
    return on;
  }

  async #askInTime() {
    if (this.waiting) return;
    this.waiting = true;
    const granted = Notification.permission === 'granted';
    // Who has granted it, perhaps to the service before, has been here before.
    const visit = granted ? Infinity : this.visit;
    const may = () => !this.push.kept && mayAsk(this.host, this.push.site, visit);
    if (may()) {
      await moment(this.host, this.signal);
      // Another tab may have asked meanwhile.
      if (!this.signal.aborted && may() && Notification.permission !== 'denied') {
        asked(this.push.site);
        await this.#ask();
      }
    }
    this.waiting = false;
  }

  /**
   * @param {string} name
   * @param {string} text
   * @param {...(HTMLElement | undefined)} actions
   */
  #state(name, text, ...actions) {
    this.line.replaceChildren(
      el(
        'div',
        { class: `state ${name}`, part: 'state', role: 'group', 'aria-label': this.T.label },
        el('span', { class: 'dot' }),
        el('span', { class: actions.length ? '' : 'inform', role: 'status' }, text),
        ...actions,
      ),
    );
  }

  #on() {
    const turnOff = button('turn-off', this.T.turnOff, async () => {
      turnOff.ariaBusy = 'true';
      await this.push.off().catch((error) => console.warn('<article-alerts>', error));
      await this.#show();
      this.#focus();
    }, { class: 'plain' });
    const names = this.topics.chosen();
    const text = names ? this.w.say(this.T.onTopics, { topics: names }) : this.T.on;
    const [change, form] = this.topics.changer(() => this.#show());
    const said = this.line.querySelector('.on [role=status]');
    if (said && (!change || this.line.querySelector('[name=topics]'))) {
      said.textContent = text; // and what the reader is at stays open
      return;
    }
    this.#state('on', text, change, turnOff, form);
  }

  /** @param {string} [text] @param {string} [action] */
  #off(text = this.T.off, action = this.T.turnOn) {
    this.#state('off', text, button('turn-on', action, () => this.#ask(true), { class: 'plain' }));
  }

  #focus() {
    // Without scrolling: whoever answers in the middle of an article goes on reading there.
    this.line.querySelector('button')?.focus({ preventScroll: true });
  }

  #close() {
    const { bar } = this;
    this.bar = undefined;
    const inside = bar?.contains(/** @type {ShadowRoot} */ (this.host.shadowRoot).activeElement);
    bar?.remove();
    if (inside) this.#focus();
  }

  /**
   * @param {string} title
   * @param {string} text
   * @param {...HTMLElement} more
   */
  #open(title, text, ...more) {
    this.bar?.remove();
    this.bar = el(
      'section',
      { class: 'ask', part: 'bar', 'aria-labelledby': 'ask' },
      el('h2', { id: 'ask', part: 'heading' }, title),
      el('p', {}, text),
      ...more,
    );
    this.box.append(this.bar);
  }

  /** @param {boolean} [wanted] the reader called for it, so it takes the focus */
  async #ask(wanted = false) {
    const granted = Notification.permission === 'granted';
    const [offer, others] = await Promise.all([
      this.topics.offer(),
      granted ? this.push.others().catch(() => []) : [],
    ]);
    if (this.signal.aborted) return;
    const own = this.host.getAttribute('text') || this.T.what;
    this.#open(
      this.T.ask,
      others.length ? this.T.moved : own,
      ...offer,
      el(
        'div',
        { class: 'bar' },
        button('accept', this.T.accept, ({ currentTarget }) => this.#accept(/** @type {HTMLElement} */ (currentTarget)), { class: 'send' }),
        button('decline', this.T.decline, () => this.#close(), { class: 'quiet' }),
      ),
    );
    if (wanted) /** @type {HTMLElement} */ (this.bar?.querySelector('[name=accept]')).focus();
  }

  /** @param {HTMLElement} ok */
  async #accept(ok) {
    if (ok.ariaBusy) return undefined;
    const topics = this.topics.picked(this.bar);
    if (!topics) return undefined;
    ok.ariaBusy = 'true';
    // In the click itself: browsers open the prompt for nothing else.
    const permission = await Notification.requestPermission();
    if (permission === 'default') return this.#close();
    try {
      if (permission === 'granted') await this.push.on(topics);
    } catch (error) {
      console.warn('<article-alerts>', error);
      return this.#tell(this.#why(error), true);
    }
    if (!(await this.#show())) return this.#tell(this.T[blockedBy()]);
    this.#focus();
    const { welcome: title, welcomeText: body } = this.T;
    return this.push.welcome({ title, body, lang: this.w.lang, dir: this.w.dir });
  }

  /** What became of the OK, said where it was pressed: the line below may be far away. @param {string} text @param {boolean} [again] */
  #tell(text, again = false) {
    if (again) this.#off(text, this.T.retry);
    this.#open(
      this.T.label,
      text,
      el(
        'div',
        { class: 'bar' },
        again && button('retry', this.T.retry, () => this.#ask(true), { class: 'send' }),
        button('close', this.T.close, () => this.#close(), { class: 'quiet' }),
      ),
    );
    this.bar?.querySelector('button')?.focus();
  }

  /** @param {unknown} error */
  #why(error) {
    if (!navigator.onLine || (error instanceof ApiError && !error.status)) return this.T.offline;
    return error instanceof Refused ? this.T.refused : this.T.failed;
  }
}
