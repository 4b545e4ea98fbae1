// A browser's subscription to a site's alerts, without any of its looks.

import { ApiError } from './api.js';
import { Record } from './push-kept.js';

/**
 * @typedef {import('./push-kept.js').Kept} Kept
 *
 * @typedef {object} Config
 * @property {string} public_key
 * @property {string} key_id
 * @property {{ slug: string, name: string }[]} topics
 *
 * @typedef {object} Choices
 * @property {string[]} topics
 * @property {string[]} articles keys
 * @property {string[]} muted topics
 * @property {number | null} daily_cap
 * @property {{ from: string, until: string } | null} quiet
 *
 * @typedef {object} Options
 * @property {URL} worker
 * @property {string[]} topics asked for where the reader hasn't chosen
 * @property {string[]} keep paths of other workers whose subscriptions stay
 * @property {string[]} replace paths of other workers that go altogether
 */

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
    /** @type {{ fewer?: string }} what the worker says */
    this.says = {};
    /** @type {Promise<Config> | undefined} */
    this.asked = undefined;
    // A scope of its own below the worker's file: the publisher's other worker keeps its pages,
    // and another site of the same origin its subscription.
    const { worker } = options;
    this.scope = new URL(`${worker.pathname.replace(/\.js$/, '')}/${encodeURIComponent(site)}/`, worker).href;
    this.record = new Record(site, this.scope);
    // Where the first version put it, the same for every site.
    this.earlier = new URL('..', this.scope).href;
  }

  static supported() {
    return isSecureContext && 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;
  }

  /** @returns {Kept | null} */
  get kept() {
    return this.record.mine;
  }

  /** Whether nothing but articles is followed. */
  get alone() {
    return Boolean(this.kept?.articles?.length && !this.kept.topics.length);
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
      await this.record.heedWorker();
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
   * @param {string[]} [topics] none means all, or with `articles` only those of these
   * @param {string[]} [articles]
   */
  on(topics = this.options.topics, articles = undefined) {
    const about = this.alone && !articles && !topics.length ? ['*'] : topics;
    this.record.mine = { ...this.kept, wanted: true, topics: about, ...(articles && { articles }) };
    return this.#alone(() => this.#subscribe(about, { articles }));
  }

  /**
   * @param {string[]} [topics]
   * @param {Partial<Choices>} [more]
   * @param {boolean} [again]
   * @returns {Promise<void>}
   */
  async #subscribe(topics = this.options.topics, more = {}, again = false) {
    const { worker } = this.options;
    const config = await this.config();
    const registration = await registered(worker, this.scope);
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
    // What the service has never heard of; of everything else it knows more than this page.
    const articles = more.articles ?? (old?.id ? undefined : old?.articles);
    let made;
    try {
      made = await this.call('POST', 'push/subscriptions', {
        body: {
          subscription: subscription.toJSON(),
          topics,
          ...{ ...more, articles, previous: old?.token },
          key_id: config.key_id,
          time_zone: plain(Intl.DateTimeFormat().resolvedOptions().timeZone),
          locale: plain(navigator.language),
        },
      });
    } catch (error) {
      if (again || !(error instanceof ApiError) || error.status !== 409) throw error;
      this.asked = undefined; // the key has changed since this page asked for it
      return this.#subscribe(topics, more, true);
    }
    const { id, token } = made;
    const { endpoint } = subscription;
    const mine = { topics, id, token, key_id: config.key_id, endpoint };
    const followed = articles ?? old?.articles;
    this.record.mine = { wanted: true, ...mine, at: Date.now(), ...(followed && { articles: followed }) };
    await this.record.tellWorker({ base: this.base, site: this.site, ...mine, ...this.says });
    this.record.owe(old?.id === id ? null : old, id);
    await this.#takeOver();
    this.#tellEnds();
  }

  /** @returns {Promise<Choices>} what the reader has chosen, as the service has it; throws ApiError */
  choices() {
    const mine = this.kept;
    return this.call('GET', `push/subscriptions/${mine?.id}`, { token: mine?.token });
  }

  /**
   * Changes what the reader gets; throws ApiError, and then nothing has changed.
   * @param {string[] | undefined} topics none means all; undefined leaves them
   * @param {Partial<Choices>} [more]
   */
  choose(topics, more = {}) {
    return this.#alone(async () => {
      const mine = this.kept;
      let now;
      try {
        now = await this.call('PATCH', `push/subscriptions/${mine?.id}`, { token: mine?.token, body: { topics, ...more } });
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 404) throw error;
        // The service had lost it.
        return this.#subscribe(topics ?? mine?.topics, { articles: mine?.articles, ...more });
      }
      const { topics: about, articles } = now;
      this.record.mine = { wanted: true, ...mine, topics: about, ...((articles.length || mine?.articles) && { articles }) };
      const note = await this.record.note();
      if (note) await this.record.tellWorker({ ...note, topics: about, ...this.says });
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
    this.record.mine = left && { wanted: left.wanted, topics: left.topics };
    this.record.owe(old);
    await this.record.forgetNote();
    await subscription?.unsubscribe().catch(() => {}); // tried again at the next visit
  }

  async #tellEnds() {
    for (const { id, token } of this.record.owe()) {
      try {
        await this.call('DELETE', `push/subscriptions/${id}`, { token, keepalive: true });
      } catch (error) {
        if (!(error instanceof ApiError) || ![401, 403, 404].includes(error.status)) return;
      }
      this.record.owe(null, id);
    }
  }

  /** @returns {Promise<PushSubscription[]>} those of this origin's other workers */
  async others() {
    return (await this.#rivals()).flatMap(({ theirs, own }) => (theirs && !own ? theirs : []));
  }

  async #rivals() {
    const { worker, keep } = this.options;
    const all = (await navigator.serviceWorker.getRegistrations()).map((registration) => {
      const path = script(registration);
      return { registration, path, own: path === worker.pathname };
    });
    // Of our own worker, another site's registration stays.
    const rivals = all.filter(({ registration, path, own }) => (own ? registration.scope === this.earlier : !keep.includes(path)));
    return Promise.all(
      rivals.map(async (one) => ({ ...one, theirs: await one.registration.pushManager.getSubscription().catch(() => null) })),
    );
  }

  /** Takes the reader off what sent alerts before, so that none comes twice. */
  async #takeOver() {
    for (const { registration, path, own, theirs } of await this.#rivals()) {
      try {
        await theirs?.unsubscribe();
        // A publisher's own worker may keep pages for reading offline: it stays unless it is named.
        if (own || this.options.replace.includes(path)) await registration.unregister();
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
}

/** What the service would refuse isn't worth a subscription: some browsers speak `en-US@posix`. @param {string} name */
const plain = (name) => (/^[a-z][\w+/-]*$/i.test(name) ? name : undefined);

/**
 * Resolves when the worker is active.
 * @param {URL} script
 * @param {string} scope
 */
async function registered(script, scope) {
  const registration = await navigator.serviceWorker
    .register(script, { scope, updateViaCache: 'none' })
    .catch((error) => Promise.reject(new Error(`there is no push worker at ${script.href} (docs: Alerts): ${error}`)));
  const worker = registration.active ?? registration.waiting ?? registration.installing;
  await new Promise((resolve, reject) => {
    const look = () => {
      if (worker?.state === 'activated') resolve(undefined);
      if (worker?.state === 'redundant') reject(new Error('the push worker could not be installed'));
    };
    worker?.addEventListener('statechange', look);
    look();
  });
  return registration;
}
