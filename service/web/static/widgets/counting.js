// Counts what is done with an article, without saying by whom. Nothing waits for it, and nothing fails with it.

import { articleKey, pageUrl } from './api.js';
import { pageTitle } from './page-title.js';

const LONGEST_URL = 2_000;

/**
 * @param {HTMLElement} host
 * @param {URL} base
 * @param {string} [url] of the article, where it isn't the page's own
 * @returns {Promise<(kind: 'share' | 'support', channel?: string) => void>} counts each channel once a page view
 */
export async function counter(host, base, url = pageUrl()) {
  const [site, article] = [host.getAttribute('site') || 'default', await articleKey(host)].map(encodeURIComponent);
  const address = new URL(`v1/sites/${site}/articles/${article}/engagement`, base);
  const counted = new Set();
  return (kind, channel) => {
    if (counted.has(channel)) return;
    counted.add(channel);
    // Registers the article where nobody has commented yet.
    const page = url.length <= LONGEST_URL ? { url, title: pageTitle() } : undefined;
    // As plain text it needs no preflight, for which a page that is being left has no time.
    const body = JSON.stringify({ kind, channel, article: page });
    fetch(address, { method: 'POST', mode: 'no-cors', credentials: 'omit', keepalive: true, body }).catch(() => {});
  };
}
