// A comment's text: the deciding words marked when asked for, the worst veiled until asked for.

import { el } from '../widgets/dom.js';

/** @typedef {import('./types.js').Item} Item */

const WORST = ['severe_abuse', 'threat', 'identity_attack'];
const TERRIBLE = 0.8;
const CARRIES = 0.1; // of what moved a score; less is noise

/** @param {Item} item */
export const isWorst = (item) =>
  (item.signals ?? []).some(({ check, score }) => WORST.includes(check) && (score ?? 0) >= TERRIBLE);

/**
 * What carried the scores, as code points of the text; overlapping spans are one.
 * @param {Item} item
 * @returns {[begin: number, end: number][]}
 */
function spans(item) {
  const found = [];
  for (const { score, evidence = {} } of item.signals ?? []) {
    if ((score ?? 0) < 0.5) continue;
    for (const { begin, end, weight } of evidence.spans ?? []) {
      if (weight > CARRIES) found.push([begin, end]);
    }
    for (const { begin, end } of evidence.words ?? []) if (begin >= 0) found.push([begin, end]);
  }
  found.sort((a, b) => a[0] - b[0]);
  /** @type {[number, number][]} */
  const merged = [];
  for (const [begin, end] of found) {
    const last = merged.at(-1);
    if (last && begin <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([begin, end]);
  }
  return merged;
}

/**
 * The text, with its deciding words as <mark>; they look like the rest until the desk shows them.
 * @param {Item} item
 */
export function marked(item) {
  const letters = [...item.body];
  const text = el('p', { class: 'text', dir: 'auto' });
  let at = 0;
  for (const [begin, end] of spans(item)) {
    text.append(letters.slice(at, begin).join(''), el('mark', {}, letters.slice(begin, end).join('')));
    at = end;
  }
  text.append(letters.slice(at).join(''));
  return text;
}

/**
 * The order in which comments are shown: as they come, but the worst never next to each other while
 * there are others to put between, and at most every third.
 * @template T
 * @param {T[]} items
 * @param {(item: T) => boolean} worst
 * @returns {T[]}
 */
export function spread(items, worst) {
  const bad = items.filter(worst);
  const others = items.filter((item) => !worst(item));
  const shown = [];
  while (bad.length || others.length) {
    if (bad.length) shown.push(/** @type {T} */ (bad.shift()));
    shown.push(...others.splice(0, bad.length ? 2 : others.length));
  }
  return shown;
}
