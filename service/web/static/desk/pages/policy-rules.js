// Everything of a policy that is no score: mode, signals, closing, slow mode, words.

import { el } from '../../widgets/dom.js';
import { call } from '../calls.js';
import { reasons } from '../signals.js';

/** @typedef {import('./policy-types.js').Draft} Draft */
/** @typedef {import('./policy-types.js').Effect} Effect */
/** @typedef {import('./policy-types.js').Policy} Policy */

/** @type {[value: Effect, text: string][]} */
const EFFECTS = [
  ['nothing', 'nothing'],
  ['hold', 'hold'],
  ['spam', 'spam'],
];
/** @type {[field: string, name: string, about: string][]} */
const SIGNALS = [
  ['signals.banned_word', 'Banned words', 'one of the banned words below'],
  ['signals.suspect_word', 'Suspect words', 'one of the suspect words below'],
  ['signals.word_list', 'Packaged lists', 'a swear word of the lists that come with the service'],
  ['signals.links', 'Links', 'as many links as you say'],
  ['duplicate', 'Copies', 'the text of many others, or of a refused comment'],
  ['honeypot', 'Hidden field', 'filled in a field that people can’t see'],
  ['fast_form', 'Fast form', 'sent within three seconds, or without opening the form'],
  ['rate', 'Many at once', 'ten comments in ten minutes'],
  ['unknown_language', 'Unknown language', 'a fifth or more is in a language the classifier hasn’t learnt'],
  ['first_comment', 'New readers', 'fewer published comments than you say'],
  ['signals.history', 'Bad record', 'enough of the reader’s comments were refused'],
];

/** What a policy does that says nothing of a signal. @param {string} signal @returns {Effect} */
const unsaid = (signal) => (signal === 'external_spam' ? 'spam' : 'hold');

/**
 * @param {Policy} policy
 * @param {string} field
 * @returns {Effect}
 */
function effectOf(policy, field) {
  const [, signal] = /^signals\.(.+)$/.exec(field) ?? [];
  return signal ? policy.signals[signal] ?? unsaid(signal) : policy[/** @type {'rate'} */ (field)];
}

/**
 * @param {Policy} policy
 * @param {string} field
 * @param {Effect} effect
 */
function setEffect(policy, field, effect) {
  const [, signal] = /^signals\.(.+)$/.exec(field) ?? [];
  if (!signal) policy[/** @type {'rate'} */ (field)] = effect;
  else if (effect === unsaid(signal)) delete policy.signals[signal];
  else policy.signals[signal] = effect;
}

/**
 * A whole number that may be left out.
 * @param {Draft} draft
 * @param {string} label
 * @param {{ min: number, max: number, placeholder?: string, needed?: boolean, scale?: number }} limits
 * @param {() => number | null} get
 * @param {(value: number | null) => void} set
 */
function count(draft, label, limits, get, set) {
  const { min, max, placeholder = '', needed = false, scale = 1 } = limits;
  const input = el('input', { type: 'number', class: 'count', min, max, step: 1, placeholder, required: needed, 'aria-label': label, disabled: !draft.editable });
  input.oninput = () => {
    if (!input.validity.valid) return;
    set(input.value === '' ? null : Number(input.value) / scale);
    draft.changed();
  };
  const fill = () => {
    const value = get();
    input.value = value == null ? '' : String(Math.round(value * scale));
  };
  return { node: input, fill };
}

/**
 * @param {Draft} draft
 * @param {string} label
 * @param {readonly (readonly [string, string])[]} options
 * @param {() => string} get
 * @param {(value: any) => void} set
 */
function choice(draft, label, options, get, set) {
  const select = el('select', { 'aria-label': label, disabled: !draft.editable }, ...options.map(([value, text]) => el('option', { value }, text)));
  select.onchange = () => {
    set(select.value);
    draft.changed();
  };
  return { node: select, fill: () => void (select.value = get()) };
}

/** @param {Draft} draft */
export function appearing(draft) {
  const p = () => draft.policy;
  const mode = choice(draft, 'When comments appear', [['post', 'at once, unless something holds them'], ['pre', 'once somebody has read them']], () => p().mode, (value) => (p().mode = value));
  const close = count(draft, 'Days after which comments close', { min: 1, max: 3650, placeholder: 'never' }, () => p().close_after_days, (value) => (p().close_after_days = value));
  const slow = count(draft, 'Seconds between two comments of a reader', { min: 1, max: 86_400, placeholder: 'off' }, () => p().slow_mode, (value) => (p().slow_mode = value));
  const puzzle = choice(draft, 'When a reader’s browser must work first', [['attack', 'while the site is flooded'], ['always', 'always'], ['never', 'never']], () => p().puzzle, (value) => (p().puzzle = value));
  const contest = choice(draft, 'Whether authors may contest', [['no', 'no'], ['yes', 'yes, once within 30 days']], () => (p().contest ? 'yes' : 'no'), (value) => (p().contest = value === 'yes'));
  const node = el(
    'section',
    { 'aria-labelledby': 'appearing-title' },
    el('h3', { id: 'appearing-title' }, 'Threads'),
    el('div', { class: 'line' }, el('span', {}, 'Comments appear'), mode.node),
    el('div', { class: 'line' }, el('span', {}, 'Close an article’s comments after'), el('span', { class: 'with' }, close.node, ' days')),
    el('div', { class: 'line' }, el('span', {}, 'Slow mode: one comment per reader and article in'), el('span', { class: 'with' }, slow.node, ' seconds')),
    el('p', { class: 'about' }, 'An article may have a mode and a slow mode of its own.'),
    el('div', { class: 'line' }, el('span', {}, 'A moment of work for the browser'), puzzle.node),
    el('p', { class: 'about' }, 'Readers notice a short wait, floods pay for every comment. Who has signed in is not asked.'),
    el('div', { class: 'line' }, el('span', {}, 'Authors may contest what isn’t published'), contest.node),
    el('p', { class: 'about' }, 'It is held again then, and what its author says stands among the reports.'),
  );
  return { node, fill: () => [mode, close, slow, puzzle, contest].forEach((one) => one.fill()) };
}

/**
 * What a signal does, as a row; `parts` are numbers of its own, with what stands around them.
 * @param {Draft} draft
 * @param {[field: string, name: string, about: string]} signal
 * @param {{ node: HTMLElement, fill: () => void }[]} [parts]
 * @param {[before: string, after: string]} [units]
 */
export function row(draft, [field, name, about], parts = [], [before, after] = ['', '']) {
  const fills = parts.map((part) => part.fill);
  const radios = EFFECTS.map(([value, text]) => {
    const radio = el('input', { type: 'radio', name: `effect-${field}`, value, disabled: !draft.editable });
    radio.onchange = () => {
      setEffect(draft.policy, field, value);
      draft.changed();
    };
    fills.push(() => void (radio.checked = effectOf(draft.policy, field) === value));
    return el('label', { class: value }, radio, el('span', {}, text));
  });
  const extra = parts.length > 0 && el('span', { class: 'with' }, before && `${before} `, parts[0].node, after && ` ${after} `, parts[1]?.node);
  const node = el('fieldset', { class: 'signal' }, el('legend', {}, name), el('div', { class: 'sign' }, el('span', { class: 'quiet' }, about), extra), el('div', { class: 'effects' }, ...radios));
  return { node, fill: () => fills.forEach((one) => one()) };
}

/** @param {Draft} draft */
export function signals(draft) {
  const p = () => draft.policy;
  /** @type {Record<string, { node: HTMLElement, fill: () => void }[]>} */
  const more = {
    'signals.word_list': [
      choice(draft, 'Packaged lists: when', [['nothing', 'never'], ['ungrounded', 'where the classifier has no ground'], ['always', 'always']], () => p().word_lists, (value) => (p().word_lists = value)),
    ],
    'signals.links': [count(draft, 'From how many links', { min: 1, max: 1000, placeholder: 'never' }, () => p().links, (value) => (p().links = value))],
    first_comment: [count(draft, 'New until so many are published', { min: 1, max: 50, needed: true }, () => p().new_readers, (value) => (p().new_readers = value ?? 1))],
    'signals.history': [
      count(draft, 'Refused, per cent', { min: 0, max: 100, placeholder: 'never', scale: 100 }, () => p().history_rate, (value) => (p().history_rate = value)),
      count(draft, 'Of at least so many', { min: 1, max: 1000, needed: true }, () => p().history_sample, (value) => (p().history_sample = value ?? 1)),
    ],
  };
  /** @type {Record<string, [string, string]>} */
  const units = { 'signals.links': ['from', 'links'], first_comment: ['below', 'comments'], 'signals.history': ['from', '% of at least'], 'signals.word_list': ['', ''] };
  const rows = SIGNALS.map((one) => row(draft, one, more[one[0]], units[one[0]]));
  const node = el(
    'section',
    { 'aria-labelledby': 'signals-title' },
    el('h3', { id: 'signals-title' }, 'Signals'),
    el('p', { class: 'about' }, 'What each of these does to a comment. A reader’s sanction and a check that fails always hold.'),
    el('div', { class: 'signals' }, ...rows.map((one) => one.node)),
  );
  return { node, fill: () => rows.forEach((one) => one.fill()) };
}

/**
 * @param {Draft} draft
 * @param {string} site
 */
export function words(draft, site) {
  /** @type {(() => void)[]} */
  const fills = [];
  /** @type {[field: 'banned_words' | 'suspect_words', name: string][]} */
  const lists = [
    ['banned_words', 'Banned words'],
    ['suspect_words', 'Suspect words'],
  ];
  const boxes = lists.map(([field, name]) => {
    const much = el('span', { class: 'quiet', id: `${field}-count` });
    const area = el('textarea', { rows: 6, spellcheck: 'false', autocapitalize: 'off', name: field, 'aria-describedby': `${field}-count`, readonly: !draft.editable });
    const say = () => {
      const { length } = draft.policy[field];
      much.textContent = length === 1 ? '1 entry' : `${length} entries`;
    };
    area.oninput = () => {
      draft.policy[field] = area.value.split('\n').map((line) => line.trim()).filter(Boolean);
      say();
      draft.changed();
    };
    fills.push(() => {
      area.value = draft.policy[field].join('\n');
      say();
    });
    return el('label', { class: 'list' }, el('span', { class: 'list-head' }, el('b', {}, name), much), area);
  });
  const node = el(
    'section',
    { 'aria-labelledby': 'words-title' },
    el('h3', { id: 'words-title' }, 'Words'),
    el('p', { class: 'about' }, 'One a line. Whole words are meant, however disguised; ', el('code', {}, 'word*'), ' stands for its endings, too.'),
    el('div', { class: 'lists' }, ...boxes),
    tester(draft, site),
  );
  return { node, fill: () => fills.forEach((one) => one()) };
}

const VERDICT = { publish: 'would be published', hold: 'would be held', spam: 'would be spam' };

/**
 * @param {Draft} draft
 * @param {string} site
 */
function tester(draft, site) {
  const text = el('input', { type: 'text', name: 'text', maxlength: 10_000, placeholder: 'Type what a reader might write' });
  const found = el('div', { class: 'found', role: 'status' });
  const form = el('form', { class: 'tester' }, el('label', { class: 'grow' }, el('b', {}, 'Try a text'), text), el('button', { type: 'submit', class: 'act' }, 'Try'), found);
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (!text.value.trim()) return;
    try {
      const tried = await call('POST', 'v1/moderation/policy/try', { policy: draft.policy, text: text.value, site });
      const item = { signals: tried.signals, body: text.value, reader: { published: 100 } };
      const why = reasons(/** @type {any} */ (item)).filter(({ weight }) => weight !== 'note');
      found.replaceChildren(
        el('p', { class: `verdict ${tried.verdict}` }, `It ${VERDICT[/** @type {'hold'} */ (tried.verdict)]}.`),
        el('ul', {}, ...why.map((reason) => el('li', {}, reason.text, reason.score == null ? '' : ` (${reason.score.toFixed(2)})`))),
      );
    } catch (error) {
      found.replaceChildren(el('p', { class: 'alert' }, error instanceof Error ? error.message : String(error)));
    }
  };
  return form;
}

export { choice };
