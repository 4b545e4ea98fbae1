// A message that stays for ten seconds, with something to do about it.

import { el } from '../widgets/dom.js';

const SECONDS = 10;

export class Toast {
  node = el('div', { class: 'toast', role: 'status' });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #silence;

  /**
   * @param {string} text
   * @param {HTMLElement} [action]
   */
  say(text, action) {
    clearTimeout(this.#silence);
    this.node.replaceChildren(el('span', {}, text));
    if (action) this.node.append(' ', action, ' ', el('kbd', { 'aria-hidden': 'true' }, 'z'));
    this.#silence = setTimeout(() => this.node.replaceChildren(), SECONDS * 1000);
  }
}
