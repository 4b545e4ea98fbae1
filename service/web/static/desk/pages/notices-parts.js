// Parts of the notices page: numbers in sentences, an alarm, and how it stands.

import { el } from '../../widgets/dom.js';
import { time } from '../saying.js';

/** @typedef {{ alarm: string, since: string | null, told_at: string, said: string }} State */

/** @param {string} name */
export const tick = (name) => el('input', { type: 'checkbox', name });

/**
 * @param {string} name
 * @param {number} min
 * @param {number} max
 * @param {number} [step]
 */
export const figure = (name, min, max, step = 1) => el('input', { type: 'number', name, min, max, step: step === 1 ? 1 : 'any', required: true, class: 'count', inputmode: step === 1 ? 'numeric' : 'decimal' });

/**
 * @param {string} name
 * @param {string[][]} options
 * @param {string} label
 */
export const choice = (name, options, label) => el('select', { name, 'aria-label': label }, ...options.map(([value, text]) => el('option', { value }, text)));

/** @param {...(string | [HTMLInputElement, string])} parts numbers in a sentence, each with its name */
export function sentence(...parts) {
  const nodes = parts.map((part) => {
    if (typeof part === 'string') return part;
    part[0].setAttribute('aria-label', part[1]);
    return part[0];
  });
  return el('p', { class: 'sentence' }, ...nodes);
}

/**
 * @param {HTMLInputElement} box
 * @param {string} title
 * @param {HTMLElement[]} when
 * @param {HTMLElement[]} states
 */
export function alarm(box, title, when, states) {
  return el('fieldset', { class: 'alarm' }, el('legend', {}, el('label', { class: 'tick' }, box, el('span', {}, title))), el('div', { class: 'alarm-when' }, ...when), el('div', { class: 'alarm-now' }, ...states));
}

/**
 * How an alarm stands.
 * @param {HTMLElement} node
 * @param {State | undefined} state
 * @param {string} name
 */
export function stand(node, state, name) {
  const what = { comments: 'Comments: ', reports: 'Reports: ' }[name] ?? '';
  node.classList.toggle('on', Boolean(state?.since));
  if (!state) node.replaceChildren(what ? `${what}quiet` : 'Quiet');
  else node.replaceChildren(el('b', {}, state.since ? 'Now: ' : ''), `${state.said} `, el('span', { class: 'quiet' }, '(', time(state.told_at), ')'));
}
