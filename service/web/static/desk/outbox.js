// Decisions on their way. Each batch has an id of its own and is kept in this browser until the
// service has answered, so that a lost connection or a closed window loses none; the service takes
// one batch once, however often it is sent.

import { CallError, call } from './calls.js';

const WAITS = [1_000, 2_000, 5_000, 10_000, 30_000]; // milliseconds

/** @typedef {import('./types.js').Result} Result */
/** @typedef {{ batch_id: string, decisions: Record<string, unknown>[] }} Batch */
/** @typedef {{ batch: Batch, settle: Settle, tried: boolean, kept: boolean, at: number, earlier?: boolean }} Waiting `kept` in this browser */
/** @typedef {(answer: { results: Result[] } | { problem: string }) => void} Settle */

/** @returns {string} a random UUID, also where the page isn't a secure context */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

export class Outbox {
  /** @type {Map<string, Waiting>} in the order in which they were decided */
  #waiting = new Map();
  #failures = 0;
  /** @type {Promise<void> | null} */
  #sending = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {string} owner the moderator's id: nobody sends what another has decided
   * @param {{ waiting: (n: number) => void, signedOut: () => void }} heard `waiting` is called with
   *   how many decisions could not be sent yet
   * @param {AbortSignal} signal
   */
  constructor(owner, heard, signal) {
    this.prefix = `rejoinder-undecided:${owner}:`;
    this.heard = heard;
    this.signal = signal;
    addEventListener('online', () => this.flush(), { signal });
    addEventListener('beforeunload', (event) => this.#waiting.size && event.preventDefault(), { signal });
    signal.addEventListener('abort', () => clearTimeout(this.#timer));
  }

  /**
   * Takes up what another page could not send: an earlier one, or one that is still open elsewhere.
   * @param {(answer: Parameters<Settle>[0], n: number) => void} settled called for each batch of `n` decisions
   * @returns {number} of how many decisions
   */
  resume(settled) {
    let n = 0;
    /** @type {Waiting[]} */
    const found = [];
    for (const key of Object.keys(localStorage).filter((one) => one.startsWith(this.prefix))) {
      try {
        const { batch_id, decisions, at = 0 } = JSON.parse(String(localStorage.getItem(key)));
        const size = decisions.length;
        n += size;
        found.push({ batch: { batch_id, decisions }, settle: (answer) => settled(answer, size), tried: true, kept: true, at, earlier: true });
      } catch {
        localStorage.removeItem(key);
      }
    }
    for (const one of found.sort((a, b) => a.at - b.at)) this.#waiting.set(one.batch.batch_id, one);
    this.flush();
    return n;
  }

  /**
   * @param {Record<string, unknown>[]} decisions
   * @param {Settle} settle called once, when the service has answered
   * @returns {string} the batch's id
   */
  send(decisions, settle) {
    const batch = { batch_id: newId(), decisions };
    const at = Date.now();
    this.#waiting.set(batch.batch_id, { batch, settle, tried: false, at, kept: this.#keep(batch, at, false) });
    if (!this.#failures) this.flush();
    else this.#tell();
    return batch.batch_id;
  }

  /**
   * Takes a batch back that was never sent, by this page or by another that took it up. One that
   * was may have arrived.
   * @param {string} id
   */
  cancel(id) {
    const one = this.#waiting.get(id);
    if (!one || one.tried || (one.kept && this.#stored(id)?.tried !== false)) return false;
    this.#drop(id);
    this.#tell();
    return true;
  }

  /**
   * Whether a batch has been answered, once what is under way has ended.
   * @param {string} id
   */
  async answered(id) {
    if (this.#waiting.has(id)) await this.#sending;
    return !this.#waiting.has(id);
  }

  /** Sends what waits, one after the other. */
  async flush() {
    clearTimeout(this.#timer);
    this.#sending ??= this.#send().finally(() => (this.#sending = null));
    await this.#sending;
  }

  async #send() {
    for (let next = this.#first(); next && !this.signal.aborted; next = this.#first()) {
      const { batch, settle } = next;
      if (next.earlier && !this.#stored(batch.batch_id)) {
        this.#waiting.delete(batch.batch_id); // its own page has sent it meanwhile, or taken it back
        continue;
      }
      if (!next.tried || next.earlier) this.#keep(batch, next.at, true);
      next.tried = true;
      try {
        const answer = await call('POST', 'v1/moderation/decisions', batch);
        this.#failures = 0;
        this.#drop(batch.batch_id);
        settle(answer);
      } catch (error) {
        if (!(error instanceof CallError)) throw error;
        if (error.status === 401) return this.heard.signedOut(); // kept: it goes out after signing in
        if (!error.status || error.status === 429 || error.status >= 500) return this.#later();
        this.#drop(batch.batch_id);
        settle({ problem: error.message });
      }
    }
    this.#tell();
  }

  #first() {
    return this.#waiting.values().next().value;
  }

  #later() {
    this.#timer = setTimeout(() => this.flush(), WAITS[Math.min(this.#failures, WAITS.length - 1)]);
    this.#failures += 1;
    this.#tell();
  }

  /**
   * @param {Batch} batch
   * @param {number} at when it was decided, in milliseconds
   * @param {boolean} tried
   * @returns {boolean} whether it is kept longer than the page
   */
  #keep(batch, at, tried) {
    try {
      localStorage.setItem(this.prefix + batch.batch_id, JSON.stringify({ ...batch, at, tried }));
      return true;
    } catch {
      return false;
    }
  }

  /**
   * @param {string} id
   * @returns {{ tried: boolean } | null} what every page of this browser knows of a batch
   */
  #stored(id) {
    return JSON.parse(localStorage.getItem(this.prefix + id) ?? 'null');
  }

  /** @param {string} id */
  #drop(id) {
    this.#waiting.delete(id);
    try {
      localStorage.removeItem(this.prefix + id);
    } catch {
      // There was no storage to begin with.
    }
  }

  #tell() {
    const n = [...this.#waiting.values()].reduce((sum, { batch }) => sum + batch.decisions.length, 0);
    this.heard.waiting(this.#failures ? n : 0);
  }
}
