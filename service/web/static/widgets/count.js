// <reader-count>: how many replies an article has. All counts of a page are asked for at once.

import { articleKey, site } from './api.js';
import { el, shadow } from './dom.js';

const PAUSE = 50; // milliseconds in which the elements of a page come together
const MOST = 200; // keys that the server takes at once
const LONGEST = 4_000; // characters of an address that every proxy lets through

/** @typedef {{ keys: Set<string>, length: number, answer: Promise<Record<string, number>> }} Batch */

/** @type {Map<string, Batch>} the batch that still takes keys, by service and site */
const open = new Map();

/**
 * @param {URL} base
 * @param {string} name
 */
function newBatch(base, name) {
  const id = `${base} ${name}`;
  /** @type {Batch} */
  const batch = {
    keys: new Set(),
    length: 0,
    answer: new Promise((resolve) => setTimeout(resolve, PAUSE)).then(async () => {
      if (open.get(id) === batch) open.delete(id);
      return (await site(base, name)('GET', 'counts', { query: { articles: [...batch.keys].join(',') } })).counts;
    }),
  };
  open.set(id, batch);
  return batch;
}

/**
 * @param {URL} base
 * @param {string} name
 * @param {string} article
 */
async function countOf(base, name, article) {
  let batch = open.get(`${base} ${name}`);
  const full = batch && !batch.keys.has(article) && (batch.keys.size === MOST || batch.length + article.length >= LONGEST);
  if (!batch || full) batch = newBatch(base, name);
  if (!batch.keys.has(article)) batch.length += article.length + 3; // an escaped comma
  batch.keys.add(article);
  return (await batch.answer)[article] ?? 0;
}

/**
 * Where the count leads: the attribute, else the thread on this page, else the thread's own page.
 * @param {HTMLElement} host
 * @param {URL} base
 * @param {string} name
 * @param {string} article
 */
async function linkOf(host, base, name, article) {
  const href = host.getAttribute('href');
  if (href) return href;
  for (const thread of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('reader-comments'))) {
    if ((thread.getAttribute('site') || 'default') !== name || (await articleKey(thread)) !== article) continue;
    // An id and a plain link: the browser then scrolls, moves the focus and goes back by itself.
    thread.id ||= document.getElementById('replies') ? 'reader-comments' : 'replies';
    return `#${thread.id}`;
  }
  return new URL(`sites/${encodeURIComponent(name)}/articles/${encodeURIComponent(article)}`, base).href;
}

/**
 * @param {HTMLElement} host attributes `href`, `url`; inside a link it is only text
 * @param {URL} base
 * @param {AbortSignal} signal
 * @param {string} lang
 */
export async function mount(host, base, signal, lang) {
  const name = host.getAttribute('site') || 'default';
  const article = await articleKey(host);
  /** @type {number | undefined} */
  let n;
  let show = () => {};
  // The thread itself knows best, and tells at once what is written and removed in this page.
  const told = (/** @type {Event} */ event) => {
    const { detail } = /** @type {CustomEvent} */ (event);
    if (detail?.site !== name || detail.article !== article || !(detail.count >= 0)) return;
    n = detail.count;
    show();
  };
  document.addEventListener('rejoinder:count', told, { signal });
  const asked = await countOf(base, name, article);
  n ??= asked;
  const href = !host.closest('a') && (await linkOf(host, base, name, article));
  const { box, w } = await shadow(host, 'bars.css', lang, 'count');
  if (signal.aborted) return;
  const node = el(href ? 'a' : 'span', { class: 'count', part: 'count', href });
  show = () => {
    const text = n ? w.say(w.count.count, { n }) : w.count.none;
    if (node.textContent !== text) node.textContent = text;
  };
  show();
  box.append(node);
}
