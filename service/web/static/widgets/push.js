// A browser's subscription to a site's alerts, without any of its looks.

import { ApiError, kept } from './api.js';

/**
 * What this browser keeps of its subscription.
 * @typedef {object} Kept
 * @property {boolean} wanted false: the reader turned alerts off, so only the reader turns them on
 * @property {string[]} topics none means all
 * @property {string} [id] this and the rest once the service has the subscription
 * @property {string} [token]
 * @property {string} [key_id] of the service's key that it was made with
 * @property {string} [endpoint]
 * @property {number} [at] when the service last heard of it, in milliseconds
 *
 * @typedef {object} Config
 * @property {string} public_key
 * @property {string} key_id
 * @property {{ slug: string, name: string }[]} topics
 *
 * @typedef {object} Options
 * @property {URL} worker
 * @property {string[]} topics asked for where the reader hasn't chosen
 * @property {string[]} keep paths of other workers whose subscriptions stay
 * @property {string[]} replace paths of other workers that go altogether
 */

const CACHE = 'rejoinder-push';
const WEEK = 7 * 86_400_000;
const PATIENCE = 30_000;

/** The browser, and not the service, wouldn't subscribe. */
export class Refused extends Error {}

/** @param {string} text base64url */
function bytes(text) {
  const raw = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(raw, (char) => char.charCodeAt(0));
}

/**
 * @param {PushSubscription} subscription
 * @param {Config} config
 */
const madeFor = ({ options }, { public_key }) =>
  Boolean(options.applicationServerKey) &&
  new Uint8Array(/** @type {ArrayBuffer} */ (options.applicationServerKey)).join() === bytes(public_key).join();

/** @param {ServiceWorkerRegistration} registration */
const script = ({ active, waiting, installing }) =>
  new URL((active ?? waiting ?? installing)?.scriptURL ?? 'about:blank').pathname;

export class Push {
  /**
   * @param {import('./api.js').Api} call
   * @param {string} site
   * @param {URL} base
   * @param {Options} options
   */
  constructor(call, site, base, options) {
    this.call = call;
    this.site = site;
    this.base = base.href;
    this.options = options;
    this.key = `push:${site}`;
    /** @type {Promise<Config> | undefined} */
    this.asked = undefined;
    // A scope of its own below the worker's file: the publisher's other worker keeps its pages,
    // and another site of the same origin its subscription.
    const { worker } = options;
    this.scope = new URL(`${worker.pathname.replace(/\.js$/, '')}/${encodeURIComponent(site)}/`, worker).href;
  }

  static supported() {
    return isSecureContext && 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;
  }

  /** @returns {Kept | null} */
  get kept() {
    return kept.get(this.key, null);
  }

  /** @returns {Promise<Config>} asked for once a page, and again after a failure */
  config() {
    const asked = (this.asked ??= this.call('GET', 'push'));
    asked.catch(() => (this.asked = undefined));
    return asked;
  }

  async #registration() {
    const found = await navigator.serviceWorker.getRegistration(this.scope);
    // getRegistration also answers for a wider scope, such as that of the site's other worker.
    return found?.scope === this.scope ? found : undefined;
  }

  async #subscription() {
    return (await (await this.#registration())?.pushManager.getSubscription()) ?? null;
  }

  /**
   * One tab at a time, the worker included: two that accept at once make one subscription. What
   * hangs gives way to the next.
   * @param {() => Promise<boolean | void>} work
   */
  async #alone(work) {
    const late = () => new Promise((_, no) => setTimeout(no, PATIENCE, new Error('it took too long')));
    const timed = () => Promise.race([work(), late()]);
    return Boolean(await (navigator.locks ? navigator.locks.request(this.scope, timed) : timed()));
  }

  /** Whether this browser gets alerts, as far as it knows itself. */
  async here() {
    return Boolean(Notification.permission === 'granted' && this.kept?.id && (await this.#subscription()));
  }

  /**
   * Mends what has come apart since the last visit: the service's key has changed, the browser
   * has dropped the subscription, the service never heard of it or still has to hear of its end.
   * Answers whether this browser gets alerts.
   */
  async mend() {
    // Before anything is locked: a slow service must not keep the reader from turning alerts off.
    const config = this.kept?.wanted || (await this.#subscription()) ? await this.config().catch((error) => error) : null;
    const on = await this.#alone(async () => {
      await this.#heedWorker();
      const mine = this.kept;
      const subscription = await this.#subscription();
      if (mine && (!mine.wanted || Notification.permission !== 'granted')) {
        await this.#end(subscription, mine.wanted ? null : mine);
        return false;
      }
      // A subscription of ours that nothing is kept of was made by half, or the storage was cleared.
      if (!mine && !subscription) return false;
      const arrives = mine?.id && subscription && mine.endpoint === subscription.endpoint;
      try {
        if (!config || config instanceof Error) throw config;
        const whole = arrives && mine.key_id === config.key_id && madeFor(subscription, config);
        if (!whole || Math.abs(Date.now() - (mine.at ?? 0)) > WEEK) await this.#subscribe(mine?.topics);
        else await this.#takeOver();
      } catch (error) {
        if (!arrives || !(await this.#subscription())) throw error;
      }
      return true;
    });
    this.#tellEnds();
    return on;
  }

  /**
   * Subscribes; the browser's permission must have been given. Never waits on `ready`. Throws
   * Refused where the browser won't, ApiError where the service doesn't answer; `mend` goes on
   * from there at the next visit.
   * @param {string[]} [topics] none means all
   */
  on(topics = this.options.topics) {
    kept.set(this.key, { ...this.kept, wanted: true, topics });
    return this.#alone(() => this.#subscribe(topics));
  }

  /**
   * @param {string[]} [topics]
   * @param {boolean} [again]
   * @returns {Promise<void>}
   */
  async #subscribe(topics = this.options.topics, again = false) {
    const { worker } = this.options;
    const config = await this.config();
    const registration = await navigator.serviceWorker.register(worker, { scope: this.scope, updateViaCache: 'none' });
    await active(registration);
    let subscription = await registration.pushManager.getSubscription();
    if (subscription && !madeFor(subscription, config)) {
      await subscription.unsubscribe();
      subscription = null;
    }
    try {
      const applicationServerKey = bytes(config.public_key);
      subscription ??= await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
    } catch (error) {
      throw new Refused(String(error));
    }
    const old = this.kept;
    let made;
    try {
      made = await this.call('POST', 'push/subscriptions', {
        body: {
          subscription: subscription.toJSON(),
          topics,
          key_id: config.key_id,
          time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
          locale: navigator.language,
        },
      });
    } catch (error) {
      if (again || !(error instanceof ApiError) || error.status !== 409) throw error;
      this.asked = undefined; // the key has changed since this page asked for it
      return this.#subscribe(topics, true);
    }
    const { id, token } = made;
    const { endpoint } = subscription;
    kept.set(this.key, { wanted: true, topics, id, token, key_id: config.key_id, endpoint, at: Date.now() });
    await this.#tellWorker({ base: this.base, site: this.site, topics, id, token, key_id: config.key_id, endpoint });
    this.#owe(old?.id === id ? null : old, id);
    await this.#takeOver();
    this.#tellEnds();
  }

  /**
   * Changes what the alerts are about; throws ApiError, and then nothing has changed.
   * @param {string[]} topics none means all
   */
  choose(topics) {
    return this.#alone(async () => {
      const mine = this.kept;
      try {
        await this.call('PATCH', `push/subscriptions/${mine?.id}`, { token: mine?.token, body: { topics } });
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 404) throw error;
        return this.#subscribe(topics); // the service had lost it
      }
      kept.set(this.key, { ...mine, topics });
      const note = await this.#note();
      if (note) await this.#tellWorker({ ...note, topics });
    });
  }

  /** Turns alerts off: in this browser at once, at the service as soon as it can be reached. */
  async off() {
    await this.#alone(async () => this.#end(await this.#subscription(), { wanted: false, topics: [] }));
    this.#tellEnds();
  }

  /**
   * @param {PushSubscription | null} subscription
   * @param {Kept | null} left what is kept from now on
   */
  async #end(subscription, left) {
    const old = this.kept;
    kept.set(this.key, left && { wanted: left.wanted, topics: left.topics });
    this.#owe(old);
    await caches.delete(this.cache).catch(() => {});
    await subscription?.unsubscribe().catch(() => {}); // tried again at the next visit
  }

  /**
   * What the service has still to be told the end of.
   * @param {Kept | null} [old]
   * @param {string} [living] which has come to life again
   */
  #owe(old, living) {
    /** @type {Kept[]} */
    const owed = kept.get(`${this.key}:ended`, []);
    const next = owed.filter(({ id }) => id !== living && id !== old?.id);
    if (old?.id) next.push({ wanted: false, topics: [], id: old.id, token: old.token });
    kept.set(`${this.key}:ended`, next.length ? next.slice(-20) : null);
    return next;
  }

  async #tellEnds() {
    for (const { id, token } of this.#owe()) {
      try {
        await this.call('DELETE', `push/subscriptions/${id}`, { token, keepalive: true });
      } catch (error) {
        if (!(error instanceof ApiError) || ![401, 403, 404].includes(error.status)) return;
      }
      this.#owe(null, id);
    }
  }

  /** @returns {Promise<PushSubscription[]>} those of this origin's other workers */
  async others() {
    return (await this.#rivals()).flatMap(({ theirs }) => theirs ?? []);
  }

  async #rivals() {
    const { worker, keep } = this.options;
    const all = await navigator.serviceWorker.getRegistrations();
    const rivals = all.filter((one) => script(one) !== worker.pathname && !keep.includes(script(one)));
    return Promise.all(
      rivals.map(async (registration) => ({
        registration,
        theirs: await registration.pushManager.getSubscription().catch(() => null),
      })),
    );
  }

  /** Takes the reader off the service that sent alerts before, so that none comes twice. */
  async #takeOver() {
    for (const { registration, theirs } of await this.#rivals()) {
      try {
        await theirs?.unsubscribe();
        // A publisher's own worker may keep pages for reading offline: it stays unless it is named.
        if (this.options.replace.includes(script(registration))) await registration.unregister();
      } catch (error) {
        console.warn('<article-alerts>', error); // tried again at the next visit
      }
    }
  }

  /**
   * Has the worker show that it works; nothing is pushed for it.
   * @param {{ title: string, body: string, lang: string, dir: string }} welcome
   */
  async welcome(welcome) {
    (await this.#registration())?.active?.postMessage({ welcome: { ...welcome, navigate: location.href } });
  }

  // The worker can't read the page's storage; a cache is what both can.

  get cache() {
    return `${CACHE}:${this.site}`;
  }

  get #where() {
    return `${this.scope}note`;
  }

  async #note() {
    return (await caches.match(this.#where, { cacheName: this.cache }))?.json();
  }

  /** @param {object} note */
  async #tellWorker(note) {
    await (await caches.open(this.cache)).put(this.#where, new Response(JSON.stringify(note)));
  }

  /** The worker may have renewed the subscription while no page was open. */
  async #heedWorker() {
    const note = await this.#note();
    const mine = this.kept;
    if (mine?.wanted && note?.id && note.endpoint !== mine.endpoint) {
      const { id, token, key_id, endpoint } = note;
      kept.set(this.key, { ...mine, id, token, key_id, endpoint, at: Date.now() });
    }
  }
}

/** @param {ServiceWorkerRegistration} registration */
function active({ active, waiting, installing }) {
  const worker = active ?? waiting ?? installing;
  return new Promise((resolve, reject) => {
    const look = () => {
      if (worker?.state === 'activated') resolve(undefined);
      if (worker?.state === 'redundant') reject(new Error('the push worker could not be installed'));
    };
    worker?.addEventListener('statechange', look);
    look();
  });
}
