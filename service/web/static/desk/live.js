// What happens elsewhere: server-sent events, and the counts of the views.

import { CallError, call } from './calls.js';

/** @typedef {{ site: string, kind: string, ids: string[], status: string | null, moderator?: { id: string, name: string } }} Change */

const CALM = 400; // milliseconds in which several changes ask for the counts once
const MOST = 10_000;
const AGAIN = 5_000; // milliseconds

/**
 * Listens until the signal; connects again by itself, and then asks for everything anew.
 * @param {{ site: () => string, changed: (change: Change) => void, counted: (counts: Record<string, number>) => void,
 *   connected: (up: boolean) => void, signedOut: () => void }} heard
 * @param {AbortSignal} signal
 * @returns {() => void} asks for the counts
 */
export function listenLive(heard, signal) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const count = () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      try {
        const { counts } = await call('GET', `v1/moderation/counts?site=${encodeURIComponent(heard.site())}`);
        if (!signal.aborted) heard.counted(counts);
      } catch (error) {
        if (error instanceof CallError && error.status === 401 && !signal.aborted) heard.signedOut();
      }
    }, CALM);
  };
  /** @type {EventSource} */
  let source;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let again;
  const open = () => {
    source = new EventSource(new URL('../v1/moderation/events', new URL('.', import.meta.url)));
    source.addEventListener('ready', () => {
      heard.connected(true);
      count();
    });
    source.addEventListener('missed', count);
    source.addEventListener('signed-out', () => heard.signedOut());
    source.addEventListener('change', (event) => {
      heard.changed(JSON.parse(/** @type {MessageEvent} */ (event).data));
      count();
    });
    source.onerror = () => {
      heard.connected(false);
      if (source.readyState !== EventSource.CLOSED) return;
      // A browser gives up for ever after any answer but 200: a proxy's 502 while the service
      // starts again, or the 401 of a session that has ended, which the counts then find out.
      again = setTimeout(open, AGAIN);
      count();
    };
  };
  open();
  document.addEventListener('visibilitychange', () => document.hidden || count(), { signal });
  signal.addEventListener('abort', () => {
    source.close();
    clearTimeout(again);
    clearTimeout(timer);
  });
  count();
  return count;
}

/** @param {number} n */
export const shown = (n) => (n >= MOST ? '9,999+' : n.toLocaleString('en'));
