// Building the page: nodes, styles, times and numbers in the reader's language.

import { W } from './words.js';

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

/**
 * Resolves when the sheet applies. A <link> and not a constructed sheet: `style-src` suffices.
 * @param {ParentNode} root
 * @param {string} name
 */
export const sheet = (root, name) =>
  new Promise((done) => {
    const href = new URL(name, import.meta.url).href;
    root.prepend(el('link', { rel: 'stylesheet', href, onload: done, onerror: done }));
  });

/**
 * Attaches the shadow root; resolves when its styles apply, so that nothing shows unstyled.
 * @param {HTMLElement} host
 * @param {string} style
 */
export async function shadow(host, style) {
  const root = host.shadowRoot ?? host.attachShadow({ mode: 'open' });
  const box = el('div', { class: 'root', part: 'root', lang: 'en', hidden: true });
  root.replaceChildren(box);
  await sheet(root, style);
  box.hidden = false;
  return box;
}

const plural = new Intl.PluralRules('en');
const number = new Intl.NumberFormat('en');
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'short' });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

/**
 * A message with its {blanks} filled in.
 * @param {string | { one: string, other: string, [form: string]: string }} message
 * @param {Record<string, string | number>} blanks
 */
export function say(message, blanks) {
  const text =
    typeof message === 'string' ? message : message[plural.select(Number(blanks.n))] ?? message.other;
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    const value = blanks[name];
    return typeof value === 'number' ? number.format(value) : value;
  });
}

/** @param {number} seconds */
export function wait(seconds) {
  if (!seconds) return W.soon;
  if (seconds < 60) return say(W.seconds, { n: Math.ceil(seconds) });
  if (seconds < 3_600) return say(W.minutes, { n: Math.ceil(seconds / 60) });
  return say(W.hours, { n: Math.ceil(seconds / 3_600) });
}

/** @param {Date} when */
function ago(when) {
  const past = (Date.now() - when.getTime()) / 1000;
  if (past < 45) return W.now;
  if (past < 3_600) return relative.format(-Math.max(1, Math.floor(past / 60)), 'minute');
  if (past < 86_400) return relative.format(-Math.floor(past / 3_600), 'hour');
  return past < 604_800 ? relative.format(-Math.floor(past / 86_400), 'day') : day.format(when);
}

/** @param {string} iso */
export function time(iso) {
  const when = new Date(iso);
  return el('time', { datetime: iso, title: exact.format(when) }, ago(when));
}

/**
 * Keeps the relative times in a tree right.
 * @param {ParentNode} tree
 * @param {AbortSignal} signal
 */
export function tick(tree, signal) {
  const timer = setInterval(() => {
    for (const node of tree.querySelectorAll('time')) {
      const text = ago(new Date(node.dateTime));
      if (node.textContent !== text) node.textContent = text;
    }
  }, 30_000);
  signal.addEventListener('abort', () => clearInterval(timer));
}
