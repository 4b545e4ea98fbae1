// The numbers of alerts: a bar with its words, a picture of deliveries over time, tables.

import { el } from '../../widgets/dom.js';

/** @typedef {import('./alerts-types.js').Counts} Counts */
/** @typedef {import('./alerts-types.js').Detail} Detail */
/** @typedef {'accepted' | 'pending' | 'skipped' | 'gone' | 'failed'} Part */

export const number = new Intl.NumberFormat('en');
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });

/** @type {[part: Part, word: string, about: string][]} */
export const PARTS = [
  ['accepted', 'accepted', 'The browser’s push service has it'],
  ['pending', 'waiting', 'Still to be sent, or tried again'],
  ['skipped', 'skipped', 'Left out: by a cap, quiet hours, or because it had ended'],
  ['gone', 'gone', 'The reader has taken the permission back'],
  ['failed', 'failed', 'The push service refused it'],
];

/**
 * @param {number} part
 * @param {number} of
 */
export const share = (part, of) => (of ? percent.format(part / of) : '–');

/** @param {Counts} counts */
export const words = (counts) => PARTS.filter(([part]) => counts[part]).map(([part, word]) => `${number.format(counts[part])} ${word}`);

/** A bar of the parts, longest for the most; its words stand beside it. */
export function bar() {
  const pieces = PARTS.map(([part, word]) => el('span', { class: part, title: word }));
  const node = el('div', { class: 'parts', 'aria-hidden': 'true' }, ...pieces);
  /** @param {Counts} counts */
  const fill = (counts) => {
    PARTS.forEach(([part, word], n) => {
      pieces[n].style.setProperty('flex-grow', String(counts[part]));
      pieces[n].hidden = !counts[part];
      pieces[n].title = `${number.format(counts[part])} ${word}`;
    });
    node.hidden = !counts.audience;
  };
  return { node, fill };
}

/** @param {number} seconds */
export function span(seconds) {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

/**
 * @param {string} name
 * @param {Record<string, string | number>} props
 * @param {...(Node | string)} children
 */
export function svg(name, props, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(props)) node.setAttribute(key, String(value));
  node.append(...children);
  return node;
}

/**
 * Deliveries over time, as steps: what was accepted by then.
 * @param {Detail['timeline']} steps at least two
 * @param {number} audience
 * @param {number} width in CSS pixels
 */
export function picture(steps, audience, width) {
  const [height, left, right, top, bottom] = [180, 12, 12, 22, 24];
  const [last, sent] = steps[steps.length - 1];
  const most = Math.max(audience, sent, 1);
  const x = (/** @type {number} */ second) => left + (last ? second / last : 1) * (width - left - right);
  const y = (/** @type {number} */ count) => height - bottom - (count / most) * (height - top - bottom);
  const line = steps.map(([second, count], n) => (n ? `H${x(second).toFixed(1)}V${y(count).toFixed(1)}` : `M${x(second).toFixed(1)},${y(count).toFixed(1)}`)).join('');
  const text = `${number.format(sent)} of ${number.format(audience)} accepted within ${span(last)} of the start.`;
  return svg(
    'svg',
    { class: 'over-time', width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': text },
    svg('line', { class: 'grid', x1: left, x2: width - right, y1: y(most), y2: y(most) }),
    svg('line', { class: 'grid', x1: left, x2: width - right, y1: y(most / 2), y2: y(most / 2) }),
    svg('path', { class: 'area', d: `${line}V${y(0)}H${x(0)}Z` }),
    svg('path', { class: 'line', d: line }),
    svg('line', { class: 'axis', x1: left, x2: width - right, y1: y(0), y2: y(0) }),
    svg('text', { x: left, y: top - 8 }, `${number.format(most)} browsers`),
    svg('text', { x: left, y: height - 6 }, 'start'),
    svg('text', { x: width - right, y: height - 6, 'text-anchor': 'end' }, span(last)),
  );
}

/**
 * A table that scrolls by itself where it is too wide.
 * @param {string} name
 * @param {string[]} heads
 * @param {(string | Node)[][]} rows
 */
export function table(name, heads, rows) {
  return el(
    'div',
    { class: 'stats-table', role: 'region', 'aria-label': name, tabindex: '0' },
    el(
      'table',
      {},
      el('thead', {}, el('tr', {}, ...heads.map((head) => el('th', { scope: 'col' }, head)))),
      el('tbody', {}, ...rows.map(([first, ...more]) => el('tr', {}, el('th', { scope: 'row' }, first), ...more.map((one) => el('td', {}, one))))),
    ),
  );
}
