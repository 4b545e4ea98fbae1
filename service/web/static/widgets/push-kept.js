// What a browser keeps of its subscription: for its pages in their storage, for the worker in a cache.

import { kept } from './api.js';

/**
 * @typedef {object} Kept
 * @property {boolean} wanted false: the reader turned alerts off, so only the reader turns them on
 * @property {string[]} topics none means all, or only those of `articles`; `*` means all beside them
 * @property {string[]} [articles] that are followed, by their keys
 * @property {string} [id] this and the rest once the service has the subscription
 * @property {string} [token]
 * @property {string} [key_id] of the service's key that it was made with
 * @property {string} [endpoint]
 * @property {number} [at] when the service last heard of it, in milliseconds
 */

const CACHE = 'rejoinder-push';
const MOST_OWED = 20;

/**
 * What the storage wouldn't take, for as long as the page lives: a full one must not make of
 * somebody who gets alerts one who is told that there are none.
 * @type {Map<string, unknown>}
 */
const unkept = new Map();

/**
 * @template T
 * @param {string} key
 * @param {T} otherwise
 * @returns {T}
 */
const read = (key, otherwise) => (unkept.has(key) ? /** @type {T} */ (unkept.get(key) ?? otherwise) : kept.get(key, otherwise));

/** @param {string} key @param {unknown} value */
function write(key, value) {
  kept.set(key, value);
  if (JSON.stringify(kept.get(key, null)) === JSON.stringify(value)) unkept.delete(key);
  else unkept.set(key, value);
}

export class Record {
  /**
   * @param {string} site
   * @param {string} scope the worker's
   */
  constructor(site, scope) {
    this.key = `push:${site}`;
    this.cache = `${CACHE}:${site}`;
    this.where = `${scope}note`;
  }

  /** @returns {Kept | null} */
  get mine() {
    const found = read(this.key, null);
    // The first version kept no more than what it needed to end a subscription.
    return found && { wanted: true, topics: [], .../** @type {object} */ (found) };
  }

  set mine(mine) {
    write(this.key, mine);
  }

  /**
   * What the service has still to be told the end of.
   * @param {Kept | null} [old] one more
   * @param {string} [living] which has come to life again
   */
  owe(old, living) {
    /** @type {Kept[]} */
    const owed = read(`${this.key}:ended`, []);
    const next = owed.filter(({ id }) => id !== living && id !== old?.id);
    if (old?.id) next.push({ wanted: false, topics: [], id: old.id, token: old.token });
    write(`${this.key}:ended`, next.length ? next.slice(-MOST_OWED) : null);
    return next;
  }

  // The worker can't read the page's storage; a cache is what both can.

  async note() {
    return (await caches.match(this.where, { cacheName: this.cache }))?.json();
  }

  /** Alerts arrive without it too: it is for renewing them, which the next page does as well. @param {object} note */
  async tellWorker(note) {
    try {
      await (await caches.open(this.cache)).put(this.where, new Response(JSON.stringify(note)));
    } catch {
      await this.forgetNote(); // full; and what an earlier one says is no longer so
    }
  }

  async forgetNote() {
    await caches.delete(this.cache).catch(() => {});
  }

  /** The worker may have renewed the subscription while no page was open. */
  async heedWorker() {
    const note = await this.note();
    const { mine } = this;
    if (mine?.wanted && note?.id && note.endpoint !== mine.endpoint) {
      const { id, token, key_id, endpoint } = note;
      this.mine = { ...mine, id, token, key_id, endpoint, at: Date.now() };
    }
  }
}
