// Making and changing a key, and trusting what it says: each in a dialog.

import { el } from '../../widgets/dom.js';
import { CallError, call } from '../calls.js';
import { say } from '../saying.js';
import { number } from './alerts-figures.js';
import { ask, changes, field, secret, tick } from './parts.js';

/** @typedef {import('./keys-types.js').Key} Key */

const MOST = 1_000_000; // requests a minute
const LEARNT = 5_000; // examples at most that a site's model learns from
/** @type {Record<string, string>} */
const SCOPES = { publish: 'Publish: register articles, send alerts', classify: 'Classify: score texts' };

/** @param {Key} key */
export const nameOf = (key) => key.label || 'the key without a label';

/** @param {Key} key whether other systems can have texts scored with it, and say something of them */
export const scores = (key) => key.scopes.includes('classify');

/** @param {number} count */
export const examples = (count) => (count ? say({ one: '{n} example', other: '{n} examples' }, { n: count }) : 'No examples');

/** @param {Record<string, unknown>} [more] */
const labelField = (more) => field('Label', el('input', { name: 'label', maxlength: 100, placeholder: 'Website', autocomplete: 'off', ...more }), 'What it is for, so that you know it when it must go.');

/** @param {number | null} quota @param {boolean} keeps */
const limits = (quota, keeps) => [
  field('Requests a minute', el('input', { type: 'number', name: 'quota', min: 1, max: MOST, step: 1, value: quota ?? '' }), 'Empty: as many as it likes.'),
  el('label', { class: 'check' }, el('input', { type: 'checkbox', name: 'keeps', checked: keeps }), el('span', {}, 'Store texts that the sender lets be stored, for 30 days', el('small', {}, 'With their scores, for you to look at. Senders say it with each text: in Perspective’s protocol, by doNotStore.'))),
];

/** @param {FormData} data */
const limitsOf = (data) => ({ quota: Number(data.get('quota')) || null, keeps: data.has('keeps') });

/**
 * @param {string} where
 * @returns {Promise<boolean>} whether one was made
 */
export function makeKey(where) {
  const ticks = Object.entries(SCOPES).map(([scope, text]) => tick('scope', text, true, { value: scope }));
  const box = /** @type {HTMLInputElement} */ (ticks[1].querySelector('input'));
  const scoring = el('div', { class: 'ask' }, ...limits(null, false));
  box.onchange = () => (scoring.hidden = !box.checked);
  return ask(
    'Make a key',
    [labelField({ required: true }), el('fieldset', {}, el('legend', {}, 'It may'), ...ticks), scoring],
    'Make it',
    async (form) => {
      const data = new FormData(form);
      const scopes = data.getAll('scope');
      if (!scopes.length) throw new Error('Tick at least one of the two.');
      const made = await call('POST', where, { label: data.get('label'), scopes, ...(box.checked ? limitsOf(data) : {}) });
      return secret('The key', made.token, 'It is shown this once. Keep it where the newspaper’s system keeps its secrets.');
    },
  );
}

/**
 * @param {string} path of the key
 * @param {Record<string, unknown>} change
 * @returns {Promise<Key>}
 */
async function change(path, change) {
  try {
    return await call('PATCH', path, change);
  } catch (error) {
    if (isGone(error)) throw new Error('Somebody has revoked this key meanwhile.');
    throw error;
  }
}

/** @param {unknown} error whether what was asked for isn't there any more */
export const isGone = (error) => error instanceof CallError && error.status === 404;

/**
 * @param {string} path of the key
 * @param {Key} key
 * @returns {Promise<boolean>} whether it was changed
 */
export function editKey(path, key) {
  const scoring = scores(key);
  return ask(
    `Edit ${nameOf(key)}`,
    [labelField({ value: key.label }), ...(scoring ? limits(key.quota, key.keeps) : [])],
    'Save',
    async (form) => {
      const data = new FormData(form);
      await change(path, changes({ ...key }, { label: data.get('label'), ...(scoring ? limitsOf(data) : {}) }));
    },
  );
}

/** @param {number} count what a key has sent, and will */
function sent(count) {
  if (!count) return 'whatever this key sends';
  const all = count === 1 ? 'the one example' : count > LEARNT ? `the newest ${number.format(LEARNT)} of the ${number.format(count)} examples` : `all ${number.format(count)} examples`;
  return `${all} that this key has sent, and from whatever it sends`;
}

/**
 * Asks before a key is trusted, and says what that means.
 * @param {string} path of the key
 * @param {Key} key
 * @returns {Promise<boolean>} whether it is now
 */
export function trustKey(path, key) {
  return ask(
    `Trust ${nameOf(key)}?`,
    [
      el('p', {}, `The next time this site’s model is trained, by night, it learns from ${sent(key.examples)} from then on. You aren’t asked about each.`),
      el('p', {}, 'What is decided at this desk weighs more: a key has at most a quarter of its weight, all keys together half, and no say where the desk has decided too little. Of a text that was decided here, only that decision counts.'),
      el('p', { class: 'quiet' }, 'You can take the trust back. A model that has learnt from the key stays in use until a new one does better, or somebody rolls it back.'),
    ],
    'Trust it',
    async () => {
      await change(path, { trusted: true });
    },
  );
}
