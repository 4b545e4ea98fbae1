// Narrowing a view down: a form, and a chip for each filter that is set.

import { button, el } from '../widgets/dom.js';
import { openModal } from './modal.js';
import { REASONS } from './saying.js';
import { LABELS } from './signals.js';

/** @typedef {import('./place.js').Place} Place */
/** @typedef {Record<string, string>} Filters */

/** @type {Record<string, string>} */
const WHY = { ...REASONS, contested: 'Contested by its author' };

/**
 * @param {Filters} filters
 * @param {string} [reader] the name of the reader who is asked for, where it is known
 * @returns {[names: string[], text: string][]} what is set, and which filters that is
 */
function chipsOf(filters, reader) {
  const { section, article, reason, label, since, until, min_score: least, max_score: most } = filters;
  /** @type {[string[], string][]} */
  const chips = [];
  if (section) chips.push([['section'], `Section: ${section}`]);
  if (article) chips.push([['article'], `Article: ${article}`]);
  if (filters.reader) chips.push([['reader'], reader ? `By ${reader}` : 'By one reader']);
  if (reason) chips.push([['reason'], `Reason: ${WHY[reason] ?? reason}`]);
  if (label) chips.push([['label', 'min_score', 'max_score'], `${LABELS[label] ?? label}: ${least ?? '0'} to ${most ?? '1'}`]);
  if (since) chips.push([['since'], `Since ${since}`]);
  if (until) chips.push([['until'], `Until ${until}`]);
  return chips;
}

/**
 * @param {Place} place
 * @param {string | undefined} reader
 * @param {(filters: Filters) => void} change
 */
export function chips(place, reader, change) {
  return chipsOf(place.filters, reader).map(([names, text]) => {
    const drop = () => change(Object.fromEntries(Object.entries(place.filters).filter(([name]) => !names.includes(name))));
    return button('drop', text, drop, { class: 'chip', 'aria-label': `${text}: drop this filter` });
  });
}

/**
 * @param {string} name
 * @param {string} text
 * @param {HTMLElement} field
 */
function row(name, text, field) {
  field.id = `filter-${name}`;
  return [el('label', { for: field.id }, text), field];
}

/**
 * @param {Place} place
 * @param {(filters: Filters) => void} change
 */
export function askFilters({ filters }, change) {
  /** @type {(name: string, all: string, choices: Record<string, string>) => HTMLSelectElement} */
  const select = (name, all, choices) =>
    el('select', { name }, el('option', { value: '' }, all), ...Object.entries(choices).map(([value, text]) => el('option', { value, selected: filters[name] === value }, text)));
  /** @type {(name: string, props: Record<string, unknown>) => HTMLInputElement} */
  const input = (name, props) => el('input', { name, value: filters[name], ...props });
  const score = { type: 'number', min: 0, max: 1, step: 'any', inputmode: 'decimal' };
  const form = el(
    'form',
    { method: 'dialog' },
    el('h2', { id: 'filter-title' }, 'Filter'),
    ...row('section', 'Section', input('section', { maxlength: 200, autofocus: true })),
    ...row('article', 'Article (its key)', input('article', { maxlength: 200 })),
    ...row('reason', 'Reason', select('reason', 'Any', WHY)),
    ...row('label', 'Score', select('label', 'Any', LABELS)),
    el('div', { class: 'pair' }, ...row('min_score', 'from', input('min_score', { ...score, placeholder: '0' })), ...row('max_score', 'to', input('max_score', { ...score, placeholder: '1' }))),
    el('div', { class: 'pair' }, ...row('since', 'Since', input('since', { type: 'date' })), ...row('until', 'until', input('until', { type: 'date' }))),
    el(
      'div',
      { class: 'buttons' },
      button('clear', 'Drop all', () => (dialog.close(), change({})), { class: 'act' }),
      el('button', { name: 'apply', class: 'act publish' }, 'Show'),
    ),
  );
  const dialog = el('dialog', { class: 'help form', 'aria-labelledby': 'filter-title' }, form);
  form.onsubmit = () => {
    const given = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value).trim()]));
    if (filters.reader) given.reader = filters.reader;
    if (!given.label) delete given.min_score, delete given.max_score;
    change(Object.fromEntries(Object.entries(given).filter(([, value]) => value)));
  };
  openModal(dialog);
}
