// Texts that a key has sent, newest first, page by page, until somebody forgets them.

import { button, el } from '../../widgets/dom.js';
import { call } from '../calls.js';
import { time } from '../saying.js';
import { isGone } from './keys-forms.js';
import { loaded } from './parts.js';

/** @typedef {import('./keys-types.js').Example} Example */
/** @typedef {import('./keys-types.js').Kept} Kept */
/**
 * @template {{ id: string, text: string, created_at: string }} T
 * @typedef {object} Texts
 * @property {string} name of the list
 * @property {string} path where they are read and forgotten
 * @property {(one: T) => (Node | string)[]} about what stands below each
 * @property {string} none what is said where there are none
 * @property {(text: string, work: () => Promise<unknown>) => void} act runs what a button does, then says so
 * @property {(any: boolean) => void} [found] told whether there are any, whenever that was read
 * @property {() => HTMLElement} home what has the focus when none is left
 */

const PAGE = 10;
const [LONG, LINES] = [400, 6]; // characters, and breaks, beyond which a text is folded
const SPOKEN = 40; // characters of a text, by which a button says what it is about

/** @param {string} text */
const folds = (text) => text.length > LONG || text.split('\n').length > LINES;

/** @param {string} text */
function called(text) {
  const words = [...text.replaceAll(/\s+/g, ' ').trim()];
  return words.length > SPOKEN ? `${words.slice(0, SPOKEN).join('')} …` : words.join('');
}

/**
 * @template {{ id: string, text: string, created_at: string }} T
 * @param {Texts<T>} given
 * @param {AbortSignal} signal
 */
export function texts({ name, path, about, none, act, found, home }, signal) {
  const box = el('div', {});
  const list = el('ul', { class: 'rows key-texts', 'aria-label': name });
  const more = button('more', 'Show more', () => act('', further), { class: 'act', 'aria-label': `Show more: ${name}` });
  /** @type {string | null} */
  let cursor = null;

  const page = (from = '') => call('GET', `${path}?${new URLSearchParams({ limit: String(PAGE), ...(from && { cursor: from }) })}`);
  /** @param {{ items: T[], next_cursor: string | null }} read */
  const add = ({ items, next_cursor: next }) => {
    const shown = items.map(row);
    list.append(...shown);
    cursor = next;
    more.hidden = !next;
    return shown;
  };
  const load = () =>
    loaded(box, signal, page, (read) => {
      list.replaceChildren();
      add(read);
      found?.(read.items.length > 0);
      return read.items.length ? [list, more] : [el('p', { class: 'quiet none' }, none)];
    });
  const further = async () => {
    const [first] = add(await page(cursor ?? ''));
    first?.focus();
  };
  /** @param {T} one */
  const row = (one) => {
    const long = folds(one.text);
    const text = el('p', { class: long ? 'text folded' : 'text', dir: 'auto' }, one.text);
    const fold = button('fold', 'Show all of it', () => {
      const folded = text.classList.toggle('folded');
      fold.textContent = folded ? 'Show all of it' : 'Show less';
      fold.setAttribute('aria-expanded', String(!folded));
    }, { class: 'link', 'aria-expanded': 'false' });
    const forget = button('forget', 'Forget', () => act('Forgotten.', async () => {
      forget.disabled = true;
      try {
        await call('DELETE', `${path}/${one.id}`);
      } catch (error) {
        forget.disabled = false;
        forget.focus();
        if (!isGone(error)) throw error;
      }
      // The next text, and not its button: a key held down would forget them all.
      const next = node.nextElementSibling ?? node.previousElementSibling;
      node.remove();
      if (!next) await load();
      focusOn(next ?? list.firstElementChild);
    }), { class: 'act', 'aria-label': `Forget: ${called(one.text)}` });
    const node = el('li', { tabindex: -1, 'data-id': one.id }, el('div', {}, text, el('p', { class: 'about' }, ...about(one), ' · ', time(one.created_at)), long && fold), el('div', { class: 'row-do' }, forget));
    return node;
  };
  /** @param {Element | null} one */
  const focusOn = (one) => (one instanceof HTMLElement ? one : home()).focus();
  /** @param {string} question */
  const forgetAll = (question) =>
    act('Forgotten.', async () => {
      if (!confirm(`${question} That can’t be undone.`)) return false;
      await call('DELETE', path);
      await load();
      home().focus();
      return true;
    });
  return { node: box, load, forgetAll };
}
