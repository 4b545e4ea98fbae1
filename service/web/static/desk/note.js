// A note to colleagues, which goes into the ledger with the decision.

import { button, el } from '../widgets/dom.js';
import { openModal } from './modal.js';

/**
 * @param {import('./types.js').Item} item
 * @param {() => void} done
 */
export function askNote(item, done) {
  const text = el('textarea', { name: 'note', id: 'note-text', rows: 4, maxlength: 1000, autofocus: true });
  text.value = item.note ?? '';
  const form = el(
    'form',
    { method: 'dialog' },
    el('h2', { id: 'note-title' }, 'Note'),
    el('label', { for: 'note-text' }, 'It is kept with your decision; only colleagues see it.'),
    text,
    el('div', { class: 'buttons' }, button('cancel', 'Cancel', () => dialog.close(), { class: 'act' }), el('button', { name: 'keep', class: 'act publish' }, 'Keep')),
  );
  const dialog = el('dialog', { class: 'help form', 'aria-labelledby': 'note-title' }, form);
  form.onsubmit = () => {
    item.note = text.value.trim() || undefined;
  };
  text.onkeydown = (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  };
  openModal(dialog, done);
}
