// Why a comment is rejected: one more key, or Enter for what is suggested.

import { button, el } from '../widgets/dom.js';
import { openModal } from './modal.js';
import { REASONS } from './saying.js';

/** @type {Record<string, string>} */
const LETTERS = {
  o: 'offensive', a: 'abusive', s: 'spam', b: 'banned_word', v: 'ad', i: 'illegal_content',
  h: 'harassment_bullying', m: 'misinformation', t: 'hate_speech', r: 'irrelevant_content', x: 'other',
};

/**
 * Asks for a reason; null where nobody chose one.
 * @param {string} suggested
 * @returns {Promise<string | null>}
 */
export function askReason(suggested) {
  return new Promise((done) => {
    /** @type {string | null} */
    let chosen = null;
    /** @param {string} reason */
    const choose = (reason) => {
      chosen = reason;
      dialog.close();
    };
    const choices = Object.entries(LETTERS).map(([letter, reason]) => {
      const choice = button('reason', String(REASONS[reason]), () => choose(reason), {
        class: 'choice',
        autofocus: reason === suggested,
        'aria-keyshortcuts': letter,
      });
      choice.append(el('kbd', { 'aria-hidden': 'true' }, letter));
      return choice;
    });
    const dialog = el(
      'dialog',
      { class: 'help reasons', 'aria-labelledby': 'reason-title' },
      el('h2', { id: 'reason-title' }, 'Reject, because it is'),
      el('div', { class: 'choices' }, ...choices),
      el('p', { class: 'quiet' }, 'The author is told. Escape goes back.'),
    );
    dialog.onkeydown = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in LETTERS)) return;
      event.preventDefault();
      event.stopPropagation(); // the list has other uses for the same letters
      choose(LETTERS[event.key]);
    };
    openModal(dialog, () => done(chosen));
  });
}
