// Which articles had the most of something in the period that is shown.

import { el } from '../../widgets/dom.js';
import { call } from '../calls.js';
import { said } from './parts.js';

/** @typedef {{ site: string, key: string, url: string, title: string, comments: number, shares: number, support: number }} Article */

const ARTICLES = 'v1/moderation/stats/articles';
/** @type {[name: 'shares' | 'support' | 'comments', title: string, most: string][]} */
const COLUMNS = [
  ['shares', 'Shares', 'Most shares'],
  ['support', 'Support', 'Most support clicks'],
  ['comments', 'Comments', 'Most published comments'],
];
const number = new Intl.NumberFormat('en');

/**
 * @param {URLSearchParams} query of the period and the site
 * @param {AbortSignal} signal
 */
export function articles(query, signal) {
  const by = el('select', { name: 'stats-by', 'aria-label': 'Most of what' }, ...COLUMNS.map(([name, , most]) => el('option', { value: name }, most)));
  const body = el('div', { 'aria-live': 'polite' }, el('p', { class: 'loading' }, 'Counting …'));
  let turn = 0;
  const load = async () => {
    const mine = ++turn;
    /** @type {Node} */
    let shown;
    try {
      shown = table((await call('GET', `${ARTICLES}?${query}&by=${by.value}`)).items, by.value);
    } catch (error) {
      shown = el('p', { class: 'alert' }, said(error));
    }
    if (!signal.aborted && mine === turn) body.replaceChildren(shown);
  };
  by.onchange = load;
  load();
  return el('section', { class: 'stats-articles', 'aria-labelledby': 'stats-articles' }, el('header', {}, el('h3', { id: 'stats-articles' }, 'Articles'), by), body);
}

/**
 * @param {Article[]} items
 * @param {string} by
 */
function table(items, by) {
  if (!items.length) return el('p', { class: 'quiet' }, 'Nothing in this period.');
  const heads = COLUMNS.map(([name, title]) => el('th', { scope: 'col', 'aria-sort': name === by && 'descending' }, title));
  const row = (/** @type {Article} */ one) =>
    el(
      'tr',
      {},
      el('th', { scope: 'row' }, el('a', { href: one.url, target: '_blank', rel: 'noopener noreferrer', dir: 'auto' }, one.title || one.key)),
      ...COLUMNS.map(([name]) => el('td', {}, number.format(one[name]))),
    );
  return el(
    'div',
    { class: 'stats-table', role: 'region', 'aria-label': 'Articles, the numbers', tabindex: '0' },
    el('table', {}, el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'Article'), ...heads)), el('tbody', {}, ...items.map(row))),
  );
}
