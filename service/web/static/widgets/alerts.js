// <article-alerts>: asks once, kindly, in the page; the browser's own prompt comes only from the OK.

import { ApiError, site } from './api.js';
import { asked, countVisit, mayAsk, moment } from './asking.js';
import { blockedBy, unsupportedBy } from './browsers.js';
import { bring, button, el, shadow } from './dom.js';
import { Push, Refused } from './push.js';
import { Topics } from './topics.js';

/** @param {string | null} list */
const words = (list) => (list ?? '').split(/[\s,]+/).filter(Boolean);

/**
 * @param {HTMLElement} host attributes `site`, `topics`, `article`, `worker`, `keep-worker`, `replace-worker`,
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
  if (worker.origin !== location.origin) {
    // The reader can do nothing about it.
    console.warn(`<article-alerts> ${worker.href} is not on this page’s origin; serve push-worker.js from there and name it: <article-alerts worker="/push-worker.js">`);
    return;
  }
  const { box, w } = await shadow(host, 'bars.css', lang, 'alerts');
  push.says = { fewer: w.alerts.fewer };
  if (!signal.aborted) await new Alerts(host, box, w, push, new Topics(w, push, named), visit, signal).start();
}

/**
 * The bars that ask, by site: a page that changes its language, or goes on to another article,
 * takes its elements down, and the question with them, which counts as asked.
 * @type {Map<string, Alerts>}
 */
const asking = new Map();

/** The other elements of this page show it too; the storage's own event comes to other pages only. */
const page = new EventTarget();
/** @param {Alerts} from */
const tell = (from) => page.dispatchEvent(new CustomEvent('change', { detail: from }));

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
    /** @type {import('./follow.js').Follow | void} */
    this.follow = undefined;
    box.append(this.line);
  }

  async start() {
    if (!Push.supported()) return this.#state('unsupported', this.T[unsupportedBy()]);
    const article = this.host.getAttribute('article');
    if (article) this.follow = await this.#follow(article).catch((error) => console.warn('<article-alerts>', error));
    this.#heed();
    return this.#now();
  }

  /** What another tab does, and what the reader changes in the browser's settings, shows here too. */
  #heed() {
    const { signal } = this;
    const key = `rejoinder:${this.push.record.key}`;
    page.addEventListener('change', (event) => /** @type {CustomEvent} */ (event).detail !== this && this.#show(), { signal });
    // Back from another page, which may have been told otherwise.
    window.addEventListener('pageshow', ({ persisted }) => persisted && this.#now(), { signal });
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

  /** @param {string} article @returns {Promise<import('./follow.js').Follow>} */
  async #follow(article) {
    const { Follow } = await bring('follow');
    return new Follow(this.w, this.push, article, async (/** @type {string | undefined} */ fault) => {
      await this.#show();
      tell(this);
      const said = this.line.querySelector('[role=status]');
      if (fault && said) said.textContent = fault;
      /** @type {HTMLElement | null} */ (this.line.querySelector('[name=follow]'))?.focus({ preventScroll: true });
    });
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
    const before = asking.get(this.push.site);
    if (before?.signal.aborted && !this.push.kept) return this.#ask(false, before.bar);
    if (this.waiting) return;
    this.waiting = true;
    const granted = Notification.permission === 'granted';
    // Who has granted it, perhaps to the service before, has been here before.
    const visit = granted ? Infinity : this.visit;
    const may = () => !this.push.kept && mayAsk(this.host, this.push.site, visit);
    if (may()) {
      await moment(this.host, this.signal);
      // Another tab may have asked meanwhile.
      if (!this.signal.aborted && may() && Notification.permission !== 'denied' && asked(this.push.site)) await this.#ask();
    }
    this.waiting = false;
  }

  /**
   * @param {string} name
   * @param {string} text
   * @param {...(HTMLElement | undefined)} actions
   */
  #state(name, text, ...actions) {
    const inside = this.#holdsFocus(this.line);
    this.line.replaceChildren(
      el(
        'div',
        { class: `state ${name}`, part: 'state', role: 'group', 'aria-label': this.T.label },
        el('span', { class: 'dot' }),
        el('span', { class: actions.length ? '' : 'inform', role: 'status' }, text),
        ...actions,
      ),
    );
    if (inside) this.#focus();
  }

  #on() {
    const turnOff = button('turn-off', this.T.turnOff, async () => {
      turnOff.ariaBusy = 'true';
      await this.push.off().catch((error) => console.warn('<article-alerts>', error));
      turnOff.ariaBusy = null;
      await this.#show();
      tell(this);
      this.#focus();
    }, { class: 'plain' });
    const names = this.topics.chosen();
    const some = names ? this.w.say(this.T.onTopics, { topics: names }) : this.T.on;
    const text = this.push.alone ? this.T.onFollowed : some;
    const [change, form] = this.topics.changer(() => this.#show().then(() => tell(this)));
    const follow = this.follow?.button(true);
    const said = this.line.querySelector('.on [role=status]');
    if (said) {
      said.textContent = text; // and what the reader is at stays open
      if (follow) this.line.querySelector('[name=follow]')?.replaceWith(follow);
      return;
    }
    this.#state('on', text, follow, change, turnOff, form);
  }

  /** @param {string} [text] @param {string} [action] */
  #off(text = this.T.off, action = this.T.turnOn) {
    this.#state('off', text, this.follow?.button(false), button('turn-on', action, () => this.#ask(true), { class: 'plain' }));
  }

  /** @param {HTMLElement} [part] */
  #holdsFocus(part) {
    return part?.contains(/** @type {ShadowRoot} */ (this.host.shadowRoot).activeElement);
  }

  #focus() {
    // Without scrolling: whoever answers in the middle of an article goes on reading there.
    /** @type {HTMLElement | null} */ (this.line.querySelector('[name^=turn-]'))?.focus({ preventScroll: true });
  }

  #close() {
    const { bar } = this;
    this.bar = undefined;
    this.#answered();
    const inside = this.#holdsFocus(bar);
    bar?.remove();
    if (inside) this.#focus();
  }

  #answered() {
    if (asking.get(this.push.site) === this) asking.delete(this.push.site);
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

  /**
   * @param {boolean} [wanted] the reader called for it, so it takes the focus
   * @param {HTMLElement} [before] the bar that it stands for
   */
  async #ask(wanted = false, before = undefined) {
    asking.set(this.push.site, this);
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
    for (const { value, checked } of /** @type {NodeListOf<HTMLInputElement>} */ (before?.querySelectorAll('input') ?? [])) {
      const box = [...(this.bar?.querySelectorAll('input') ?? [])].find((one) => one.value === value);
      if (box) box.checked = checked;
    }
    if (wanted) /** @type {HTMLElement} */ (this.bar?.querySelector('[name=accept]')).focus();
  }

  /** @param {HTMLElement} ok */
  async #accept(ok) {
    if (ok.ariaBusy) return undefined;
    const topics = this.topics.picked(this.bar);
    if (!topics) return undefined;
    ok.ariaBusy = 'true';
    try {
      // In the click itself: browsers open the prompt for nothing else.
      const permission = await Notification.requestPermission();
      if (permission === 'default') return this.#close();
      if (permission === 'denied') return await this.#show().then(() => this.#tell(this.T[blockedBy()]));
      await this.push.on(topics);
    } catch (error) {
      console.warn('<article-alerts>', error);
      return this.#tell(this.#why(error), true);
    }
    await this.#show();
    tell(this);
    this.#focus();
    const { welcome: title, welcomeText: body } = this.T;
    return this.push.welcome({ title, body, lang: this.w.lang, dir: this.w.dir });
  }

  /** What became of the OK, said where it was pressed: the line below may be far away. @param {string} text @param {boolean} [again] */
  #tell(text, again = false) {
    this.#answered();
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
