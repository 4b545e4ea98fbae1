// The keyboard: one key a decision, and a sheet that says which.

import { button, el } from '../widgets/dom.js';
import { openModal } from './modal.js';

/** @type {[keys: string, text: string][]} */
const HELP = [
  ['j', 'Next comment'],
  ['k', 'Previous comment'],
  ['f', 'Publish'],
  ['d', 'Reject; one more key says why, Enter takes what is suggested'],
  ['s', 'Spam'],
  ['h', 'Hold'],
  ['z', 'Undo, also several times'],
  ['n', 'Note for the decision, seen by colleagues'],
  ['x', 'Select; with Shift all from the last one selected. Keys then decide all of them'],
  ['w', 'Show or hide the deciding words'],
  ['b', 'Show a comment that is veiled'],
  ['i', 'The thread, the reader, and what has happened; Escape goes back'],
  ['r', 'Sanction the reader'],
  ['t', 'Filter'],
  ['.', 'Load what is new'],
  ['/', 'Search'],
  ['?', 'This help'],
];

export function help() {
  const dialog = el(
    'dialog',
    { class: 'help', 'aria-labelledby': 'help-title' },
    el('h2', { id: 'help-title' }, 'Keyboard'),
    el('dl', {}, ...HELP.flatMap(([key, text]) => [el('dt', {}, el('kbd', {}, key)), el('dd', {}, text)])),
    button('close', 'Close', () => dialog.close(), { class: 'wide' }),
  );
  openModal(dialog);
}

/**
 * @param {import('./queue.js').Queue} queue
 * @param {Record<string, () => void>} more what other keys do
 * @param {AbortSignal} signal
 */
export function listen(queue, more, signal) {
  /** @type {Record<string, () => void>} */
  const keys = {
    ...more,
    j: () => queue.move(1),
    k: () => queue.move(-1),
    f: () => queue.press('publish'),
    d: () => queue.press('reject'),
    s: () => queue.press('spam'),
    h: () => queue.press('hold'),
    x: () => queue.pick(false),
    X: () => queue.pick(true),
    w: () => queue.mark(),
    b: () => queue.unveil(),
    '.': () => queue.loadNew(),
    '?': help,
  };
  document.addEventListener(
    'keydown',
    (event) => {
      const { target, key } = event;
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || document.querySelector('dialog[open]')) return;
      if (!queue.list.checkVisibility()) return; // another page is shown
      if ((target instanceof HTMLInputElement && target.type !== 'checkbox') || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement) {
        if (key !== 'Escape') return;
        event.preventDefault(); // a search field would empty itself
        if (queue.current) queue.go(queue.current);
        else target.blur();
        return;
      }
      const run = keys[key];
      if (!run) return;
      event.preventDefault();
      run();
    },
    { signal },
  );
}
