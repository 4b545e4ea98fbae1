// Thresholds: for each label from which score on a comment is held, and from which it is spam.

import { button, el } from '../../widgets/dom.js';

/** @typedef {import('./policy-types.js').Draft} Draft */

/** @type {[label: string, name: string, about: string][]} */
const LABELS = [
  ['spam', 'Spam', 'advertising, scams, links for their own sake'],
  ['abuse', 'Abuse', 'any hostile comment'],
  ['severe_abuse', 'Severe abuse', 'hate, or aggression that makes people leave'],
  ['threat', 'Threat', 'harm that is announced or wished for'],
  ['identity_attack', 'Attack on a group', 'against people for who they are'],
  ['insult', 'Insult', 'against somebody in person'],
  ['obscene', 'Obscene language', 'swearing, whoever it is about'],
];

const NEVER = 1.01; // the last stop of a slider: no score reaches it

/**
 * One threshold: a slider, and the same as a number; empty is never.
 * @param {string} name
 * @param {string} what
 * @param {boolean} editable
 * @param {(value: number | null, typed?: boolean) => void} set
 */
function threshold(name, what, editable, set) {
  const slider = el('input', { type: 'range', min: 0, max: NEVER, step: 0.01, 'aria-label': `${name}: ${what}`, disabled: !editable });
  const exact = el('input', { type: 'number', min: 0, max: 1, step: 'any', placeholder: 'never', 'aria-label': `${name}: ${what}, as a number`, disabled: !editable, inputmode: 'decimal' });
  /** @param {number | null} value */
  const show = (value, typed = false) => {
    slider.value = String(value ?? NEVER);
    slider.setAttribute('aria-valuetext', value == null ? 'never' : value.toFixed(2));
    slider.style.setProperty('--at', String((value ?? NEVER) / NEVER));
    if (!typed) exact.value = value == null ? '' : String(Math.round(value * 1e4) / 1e4);
  };
  slider.oninput = () => {
    const value = Number(slider.value);
    set(value > 1 ? null : value);
  };
  exact.oninput = () => {
    if (exact.validity.valid) set(exact.value === '' ? null : Number(exact.value), true);
  };
  const node = el('div', { class: `threshold ${what.startsWith('spam') ? 'spam' : 'hold'}` }, el('span', { 'aria-hidden': 'true' }, what), slider, exact);
  return { node, show, exact };
}

/**
 * @param {Draft} draft
 * @returns {{ node: HTMLElement, fill: () => void }}
 */
export function scores(draft) {
  const rows = LABELS.map(([label, name, about]) => row(draft, label, name, about));
  const node = el(
    'section',
    { 'aria-labelledby': 'scores-title' },
    el('h3', { id: 'scores-title' }, 'Scores'),
    el('p', { class: 'about' }, 'The classifier gives each comment a probability of each of these. A label that you leave alone takes the classifier’s own thresholds, which differ by language.'),
    el('div', { class: 'labels' }, ...rows.map((one) => one.node)),
  );
  return { node, fill: () => rows.forEach((one) => one.fill()) };
}

/**
 * @param {Draft} draft
 * @param {string} label
 * @param {string} name
 * @param {string} about
 */
function row(draft, label, name, about) {
  const now = () => draft.policy.thresholds[label] ?? draft.learnt[label] ?? { hold: null, spam: null };
  /** @param {'hold' | 'spam'} which */
  const setter = (which) => (/** @type {number | null} */ value, typed = false) => {
    const next = { ...now(), [which]: value };
    // What holds is never above what is spam: the one that is moved takes the other along.
    if (next.hold != null && next.spam != null && next.hold > next.spam) next[which === 'hold' ? 'spam' : 'hold'] = value;
    draft.policy.thresholds[label] = next;
    fill(typed ? which : undefined);
    draft.changed();
  };
  const hold = threshold(name, 'held from', draft.editable, setter('hold'));
  const spam = threshold(name, 'spam from', draft.editable, setter('spam'));
  const reset = button('reset', 'Use the classifier’s', () => {
    delete draft.policy.thresholds[label];
    fill();
    hold.node.querySelector('input')?.focus();
    draft.changed();
  }, { class: 'link', 'aria-label': `${name}: use the classifier’s own thresholds` });
  const own = el('span', { class: 'own' });
  /** @param {'hold' | 'spam'} [typed] which is being typed, and stays as it is */
  const fill = (typed) => {
    const { hold: held, spam: trash } = now();
    hold.show(held, typed === 'hold');
    spam.show(trash, typed === 'spam');
    const set = label in draft.policy.thresholds;
    own.textContent = set ? '' : 'the classifier’s own';
    reset.hidden = !set || !draft.editable;
  };
  const node = el('fieldset', { class: 'label' }, el('legend', {}, el('b', {}, name), ' ', el('span', { class: 'quiet' }, about)), hold.node, spam.node, el('div', { class: 'whose quiet' }, own, reset));
  return { node, fill };
}
