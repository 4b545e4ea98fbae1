// <reader-count>: how many replies an article has. All counts of a page are asked for at once.

import { articleKey, site } from './api.js';
import { el, shadow } from './dom.js';

/** @type {Map<string, Promise<Record<string, number>>>} */
const asked = new Map();
/** @type {Map<string, Set<string>>} */
const wanted = new Map();

/**
 * @param {URL} base
 * @param {string} name
 * @param {string} article
 */
function counts(base, name, article) {
  const articles = wanted.get(name) ?? new Set();
  wanted.set(name, articles.add(article));
  const answer =
    asked.get(name) ??
    new Promise((resolve) => setTimeout(resolve, 50)).then(async () => {
      asked.delete(name);
      wanted.delete(name);
      const { counts } = await site(base, name)('GET', 'counts', { query: { articles: [...articles].join(',') } });
      return counts;
    });
  asked.set(name, answer);
  return answer;
}

/**
 * @param {HTMLElement} host with `href` the count is a link
 * @param {URL} base
 * @param {AbortSignal} signal
 * @param {string} lang
 */
export async function mount(host, base, signal, lang) {
  const article = await articleKey(host);
  const n = (await counts(base, host.getAttribute('site') || 'default', article))[article] ?? 0;
  if (signal.aborted) return;
  const href = host.getAttribute('href');
  const { box, w } = await shadow(host, 'bars.css', lang, 'count');
  const text = n ? w.say(w.count.count, { n }) : w.count.none;
  box.append(
    href ? el('a', { class: 'count', part: 'count', href }, text) : el('span', { class: 'count', part: 'count' }, text),
  );
}
