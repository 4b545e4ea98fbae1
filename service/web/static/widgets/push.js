// A browser's subscription to a site's alerts, without any of its looks.

import { kept } from './api.js';

/**
 * @typedef {object} Kept
 * @property {string} id
 * @property {string} token
 * @property {string} key_id
 *
 * @typedef {object} Config
 * @property {string} public_key
 * @property {string} key_id
 * @property {{ slug: string, name: string }[]} topics
 */

const CACHE = 'rejoinder-push';
const NOTE = '/rejoinder-push';

/** @param {string} text base64url */
function bytes(text) {
  const raw = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(raw, (char) => char.charCodeAt(0));
}

/**
 * @param {ArrayBuffer | null | undefined} a
 * @param {Uint8Array} b
 */
const same = (a, b) => Boolean(a) && new Uint8Array(/** @type {ArrayBuffer} */ (a)).join() === b.join();

export class Push {
  /**
   * @param {import('./api.js').Api} call
   * @param {string} site
   * @param {URL} base
   * @param {URL} worker
   * @param {string[]} topics
   */
  constructor(call, site, base, worker, topics) {
    this.call = call;
    this.key = `push:${site}`;
    this.topics = topics;
    this.note = { base: base.href, site, topics };
    this.worker = worker;
    // A scope of its own below the worker's file: the site's other worker keeps its pages.
    this.scope = new URL(`${worker.pathname.replace(/\.js$/, '')}/`, worker).href;
  }

  static supported() {
    return isSecureContext && 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;
  }

  /** @returns {Kept | null} */
  get kept() {
    return kept.get(this.key, null);
  }

  async #registration() {
    const found = await navigator.serviceWorker.getRegistration(this.scope);
    // getRegistration also answers for a wider scope, such as that of the site's other worker.
    return found?.scope === this.scope ? found : undefined;
  }

  /** Answers whether this browser gets alerts; renews the subscription where the key has changed. */
  async check() {
    const subscription = await (await this.#registration())?.pushManager.getSubscription();
    if (!this.kept || !subscription) return false;
    await this.#heedWorker();
    const config = await this.#config().catch(() => null);
    if (config && !same(subscription.options.applicationServerKey, bytes(config.public_key))) {
      await this.on();
    }
    return true;
  }

  /** @returns {Promise<Config>} */
  #config() {
    return this.call('GET', 'push');
  }

  /** Subscribes; the browser's permission must have been given. Never waits on `ready`. */
  async on() {
    const config = await this.#config();
    const registration = await navigator.serviceWorker.register(this.worker, {
      scope: this.scope,
      updateViaCache: 'none',
    });
    await active(registration);
    const applicationServerKey = bytes(config.public_key);
    let subscription = await registration.pushManager.getSubscription();
    if (subscription && !same(subscription.options.applicationServerKey, applicationServerKey)) {
      await subscription.unsubscribe();
      subscription = null;
    }
    subscription ??= await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
    const old = this.kept;
    const { id, token } = await this.call('POST', 'push/subscriptions', {
      body: {
        subscription: subscription.toJSON(),
        topics: this.topics,
        key_id: config.key_id,
        time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
        locale: navigator.language,
      },
    });
    kept.set(this.key, { id, token, key_id: config.key_id });
    await this.#tellWorker({ ...this.note, id, token });
    if (old && old.id !== id) await this.#delete(old);
  }

  async off() {
    const old = this.kept;
    const subscription = await (await this.#registration())?.pushManager.getSubscription();
    await subscription?.unsubscribe();
    kept.set(this.key, null);
    if (old) await this.#delete(old);
  }

  /** The worker may have renewed the subscription while no page was open. */
  async #heedWorker() {
    const note = await (await caches.match(NOTE, { cacheName: CACHE }))?.json();
    if (note?.id && note.id !== this.kept?.id) {
      kept.set(this.key, { ...this.kept, id: note.id, token: note.token });
    }
  }

  /** @param {Kept} old the server also forgets it by itself when its endpoint is gone */
  #delete({ id, token }) {
    return this.call('DELETE', `push/subscriptions/${id}`, { token }).catch(() => {});
  }

  /** The worker can't read the page's storage; a cache is what both can. @param {object} note */
  async #tellWorker(note) {
    const cache = await caches.open(CACHE);
    await cache.put(NOTE, new Response(JSON.stringify(note)));
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
