// Sanctions of a reader: those that stand, and a form for a new one.

import { button, el } from '../widgets/dom.js';
import { call } from './calls.js';
import { openModal } from './modal.js';
import { say, time } from './saying.js';

/**
 * @typedef {import('./types.js').Reader} Reader
 * @typedef {import('./types.js').Result} Result
 * @typedef {{ say: (text: string) => void, done: (text: string, takeBack: () => Promise<boolean>) => void, changed: () => void }} Heard
 *   `done` says so, and how it is taken back: it answers whether it was
 */

const DAY = 86_400_000; // milliseconds
/** @type {[days: string, text: string][]} */
const TERMS = [
  ['1', 'for a day'],
  ['7', 'for a week'],
  ['30', 'for a month'],
  ['365', 'for a year'],
  ['', 'for good'],
];
/** @type {Record<string, string>} */
const KINDS = { hold: 'Every comment waits for review', ban: 'May not comment' };

/** @param {unknown} error */
const words = (error) => (error instanceof Error ? error.message : String(error));

/**
 * @param {Reader} reader
 * @param {Heard} heard
 */
export function sanctionsOf(reader, heard) {
  const rows = reader.sanctions.map((one) =>
    el(
      'li',
      { class: one.active ? 'active' : 'quiet' },
      el('p', {}, KINDS[one.kind] ?? one.kind, one.until ? ' until ' : one.active ? ', for good' : '', one.until && time(one.until), one.lifted_at && ' (lifted)'),
      el('p', { class: 'quiet', dir: 'auto' }, `“${one.reason}”`, one.created_by && ` · ${one.created_by}`),
      one.active && button('lift', 'Lift it', () => lift(one.id, heard), { class: 'link' }),
    ),
  );
  return el(
    'div',
    { class: 'sanctions' },
    rows.length > 0 && el('ul', {}, ...rows),
    button('sanction', 'Sanction this reader …', () => askSanction(reader, heard), { class: 'act', 'aria-keyshortcuts': 'r' }),
  );
}

/**
 * @param {string} id
 * @param {Heard} heard
 */
async function lift(id, heard) {
  try {
    await call('DELETE', `v1/moderation/sanctions/${id}`);
    heard.say('The sanction is lifted.');
    heard.changed();
  } catch (error) {
    heard.say(`Not lifted. ${words(error)}`);
  }
}

/**
 * @param {{ id: string, name: string }} reader
 * @param {Heard} heard
 */
export function askSanction(reader, heard) {
  const kind = el('select', { name: 'kind', id: 'sanction-kind', autofocus: true }, ...Object.entries(KINDS).map(([value, text]) => el('option', { value }, text)));
  const term = el('select', { name: 'term', id: 'sanction-term' }, ...TERMS.map(([value, text]) => el('option', { value, selected: value === '7' }, text)));
  const reason = el('textarea', { name: 'reason', id: 'sanction-reason', rows: 3, required: true, maxlength: 500 });
  const remove = el('input', { type: 'checkbox', name: 'remove' });
  const problem = el('p', { class: 'alert', role: 'alert', hidden: true });
  const form = el(
    'form',
    { method: 'dialog' },
    el('h2', { id: 'sanction-title' }, 'Sanction ', el('bdi', {}, reader.name)),
    el('label', { for: 'sanction-kind' }, 'What'),
    kind,
    el('label', { for: 'sanction-term' }, 'How long'),
    term,
    el('label', { for: 'sanction-reason' }, 'Why (the reader is told this)'),
    reason,
    el('label', { class: 'check' }, remove, 'Also reject what this reader has posted in the last seven days'),
    problem,
    el('div', { class: 'buttons' }, button('cancel', 'Cancel', () => dialog.close(), { class: 'act' }), el('button', { name: 'save', class: 'act reject' }, 'Sanction')),
  );
  const dialog = el('dialog', { class: 'help form', 'aria-labelledby': 'sanction-title' }, form);
  form.onsubmit = async (event) => {
    event.preventDefault();
    const until = term.value ? new Date(Date.now() + Number(term.value) * DAY).toISOString() : null;
    try {
      const { sanction, batch_id: batch, removed } = await call('POST', `v1/moderation/readers/${reader.id}/sanctions`, {
        kind: kind.value, reason: reason.value, until, remove_comments: remove.checked,
      });
      dialog.close();
      const rejected = removed ? ` ${say({ one: '{n} comment rejected.', other: '{n} comments rejected.' }, { n: removed })}` : '';
      heard.done(`${reader.name} is sanctioned.${rejected}`, () => takeBack(sanction.id, batch, heard));
      heard.changed();
    } catch (error) {
      problem.textContent = words(error);
      problem.hidden = false;
    }
  };
  openModal(dialog);
}

/**
 * @param {string} id
 * @param {string | null} batch
 * @param {Heard} heard
 */
async function takeBack(id, batch, heard) {
  try {
    await call('DELETE', `v1/moderation/sanctions/${id}?replaced=restore`);
    const { results } = batch ? await call('POST', `v1/moderation/batches/${batch}/undo`) : { results: [] };
    const kept = results.filter((/** @type {Result} */ { outcome }) => outcome !== 'applied').length;
    const comments = kept ? ` ${kept} of ${results.length} comments had changed meanwhile and stayed.` : ' The comments are as they were.';
    heard.say(`Undone: the sanction is taken back.${batch ? comments : ''}`);
    return true;
  } catch (error) {
    heard.say(`Not undone. ${words(error)}`);
    return false;
  } finally {
    heard.changed();
  }
}
