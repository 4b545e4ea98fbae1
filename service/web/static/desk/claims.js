// What this desk has claimed: the next held comments, so that two moderators don't read the same.

import { call } from './calls.js';

const NEXT = 20;
export const FEW = 10; // claimed ones that are still to be decided, at which the next are claimed
const RENEW = 60_000; // milliseconds; a claim lasts two minutes

/**
 * Claims while the riskiest held comments are shown and the page is seen; renews and releases.
 * @param {() => { site: string } | null} wanted
 * @param {AbortSignal} signal
 * @returns {() => Promise<void>} claims now, or releases where nothing is wanted any more
 */
export function keepClaims(wanted, signal) {
  let holds = false;
  const claim = async () => {
    const what = document.hidden ? null : wanted();
    if (!what && !holds) return;
    holds = what !== null;
    // Without a claim the desk works as well; the next minute tries again.
    await (what
      ? call('POST', 'v1/moderation/claims', { view: 'held', limit: NEXT, ...(what.site && { site: what.site }) })
      : call('DELETE', 'v1/moderation/claims')
    ).catch(() => null);
  };
  const timer = setInterval(claim, RENEW);
  document.addEventListener('visibilitychange', claim, { signal });
  const leave = () => {
    if (holds) call('DELETE', 'v1/moderation/claims', undefined, { keepalive: true }).catch(() => {});
    holds = false;
  };
  addEventListener('pagehide', leave, { signal });
  signal.addEventListener('abort', () => {
    clearInterval(timer);
    leave();
  });
  return claim;
}
