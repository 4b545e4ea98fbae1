// When a reader may be asked about alerts. All that it knows is in the page's own storage; where
// that is forbidden, every visit is the first, and nobody is asked.

import { kept } from './api.js';

const PAUSE = 30 * 60_000; // a page after a longer one begins another visit
const AGAIN_AFTER = 90 * 86_400_000;
const AT_MOST = 2;
const LONGEST = 2 ** 31 - 1; // milliseconds that a timer takes; more of them fire at once
const SOONEST = 1_000; // never on load, whatever the attributes say

/** @param {HTMLElement} host @param {string} name @param {number} otherwise NaN for what is no number: never */
const number = (host, name, otherwise) => Number(host.getAttribute(name) ?? otherwise);

/**
 * Counts this page's visit, which tabs opened from one another share.
 * @param {string} site
 * @param {AbortSignal} signal
 * @returns {number} how many there have been, this one included
 */
export function countVisit(site, signal) {
  const key = `visits:${site}`;
  const see = () => {
    const { n, at } = kept.get(key, { n: 0, at: 0 });
    const seen = { n: Math.abs(Date.now() - at) > PAUSE ? n + 1 : n, at: Date.now() };
    kept.set(key, seen);
    return seen.n;
  };
  // Who has read one page for an hour and then turns to the next is still here.
  const stay = () => kept.set(key, { ...kept.get(key, { n: 1 }), at: Date.now() });
  addEventListener('pagehide', stay, { signal });
  return see();
}

/**
 * Whether it is right to ask: not on the first visit, twice at most, months between.
 * @param {HTMLElement} host attribute `visits`: from which one on
 * @param {string} site
 * @param {number} visit
 */
export function mayAsk(host, site, visit) {
  const { at, times } = kept.get(`push-asked:${site}`, { at: 0, times: 0 });
  return visit >= number(host, 'visits', 2) && times < AT_MOST && Date.now() - at >= AGAIN_AFTER;
}

/**
 * Remembers that the bar is shown: it counts as asked, whether it is answered or not. Answers
 * whether it could: with a full storage every page would ask.
 * @param {string} site
 */
export function asked(site) {
  const key = `push-asked:${site}`;
  const { times } = kept.get(key, { times: 0 });
  kept.set(key, { at: Date.now(), times: times + 1 });
  return kept.get(key, { times: 0 }).times > times;
}

/**
 * Resolves when the reader has been here for a while, or has read some of the page; in a tab that
 * is being looked at.
 * @param {HTMLElement} host attributes `delay` in seconds, `scroll` as a share of the page
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export async function moment(host, signal) {
  const began = performance.now();
  const share = number(host, 'scroll', 0.5);
  const delay = Math.max(SOONEST, number(host, 'delay', 20) * 1_000);
  await new Promise((due) => {
    const look = () => {
      const room = document.documentElement.scrollHeight - innerHeight;
      // The first moments' scrolling is the browser's own: to a fragment, to where one was.
      if (performance.now() - began >= SOONEST && room > 0 && scrollY / room >= share) due(undefined);
    };
    addEventListener('scroll', look, { signal, passive: true });
    if (delay === delay) setTimeout(due, Math.min(delay, LONGEST));
  });
  if (document.hidden) {
    await new Promise((seen) => document.addEventListener('visibilitychange', seen, { signal, once: true }));
  }
}
