// Building the page: nodes, styles, times.

import { words } from './words.js';

/** @typedef {import('./words.js').Words} Words */

/** @typedef {Node | string | null | undefined | false} Child */

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, unknown>} [props] attributes; `onclick` and the like are listeners
 * @param {...Child} children text enters as text
 * @returns {HTMLElementTagNameMap[K]}
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === 'function') {
      node.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    } else if (value != null && value !== false) {
      node.setAttribute(name, value === true ? '' : String(value));
    }
  }
  for (const child of children) if (child) node.append(child);
  return node;
}

/**
 * @param {string} name
 * @param {string} text
 * @param {(event: Event) => void} onclick
 * @param {Record<string, unknown>} [props]
 */
export const button = (name, text, onclick, props) =>
  el('button', { type: 'button', name, part: 'button', onclick, ...props }, text);

/** @type {Record<string, Promise<any>>} */
const brought = {};
let tries = 0;

/**
 * Loads what few readers need. A browser may remember that it failed, by its address.
 * @param {string} name
 */
export function bring(name) {
  const load = (again = '') => import(`./${name}.js${again}`);
  const module = (brought[name] ??= load().catch(() => load(`?${++tries}`)));
  module.catch(() => delete brought[name]);
  return module;
}

/**
 * Resolves when the sheet applies. A <link> and not a constructed sheet: `style-src` suffices.
 * @param {ParentNode} root
 * @param {string} name
 */
export const sheet = (root, name) =>
  new Promise((done) => {
    const href = new URL(name, import.meta.url).href;
    /** @type {HTMLLinkElement | null} */
    const there = root.querySelector(`[href="${href}"]`);
    if (there?.sheet) done(undefined);
    else root.prepend(el('link', { rel: 'stylesheet', href, onload: done, onerror: done }));
  });

/**
 * What is typed has its own direction; an empty field, which `auto` takes for English, the page's.
 * @param {HTMLInputElement | HTMLTextAreaElement} input
 */
export function follow(input) {
  input.dir = input.value ? 'auto' : '';
}

/**
 * Attaches the shadow root; resolves when its styles apply and its words are there, so that nothing
 * shows unstyled. Without words, what stands inside the element goes on being shown.
 * @param {HTMLElement} host
 * @param {string} style
 * @param {string} lang
 * @param {...import('./types.js').Section} sections
 */
export async function shadow(host, style, lang, ...sections) {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  const box = el('div', { class: 'root', part: 'root', hidden: true });
  const slot = el('slot');
  root.replaceChildren(box, slot);
  const [w] = await Promise.all([words(lang, ...sections), sheet(root, style)]);
  box.lang = w.lang;
  box.dir = w.dir;
  box.oninput = ({ target }) => follow(/** @type {HTMLInputElement} */ (target));
  box.hidden = false;
  slot.remove();
  return { box, w };
}

/**
 * @param {Words} w
 * @param {string} iso
 */
export function time(w, iso) {
  const when = new Date(iso);
  return el('time', { datetime: iso, title: w.exact.format(when) }, w.ago(when));
}
