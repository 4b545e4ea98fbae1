// A reader who has confirmed an e-mail address, and has this browser write as them.
// Loaded on the way back from their own page, and where that was once.

import { kept } from './api.js';
import { bring, button, el } from './dom.js';
import { announce, light } from './light.js';
import { words } from './words.js';

/** @typedef {import('./comments.js').Comments} Thread */

const KEY = /^ro[a-z0-9]{40}$/;

/** @param {Thread} thread */
const place = (thread) => `as:${thread.site}`;

/** @param {Thread} thread */
export const knownToken = (thread) => kept.get(place(thread), '');

/** @param {Thread} thread */
export const forget = (thread) => kept.set(place(thread), null);

/**
 * Whether a name in the page's address is such a key and no comment's.
 * @param {string} id
 */
export const isKey = (id) => KEY.test(id);

/** Whether the reader has come from our own page: a link elsewhere may hold somebody else's key. */
function fromOurs() {
  return URL.canParse(document.referrer) && new URL(document.referrer).origin === new URL(import.meta.url).origin;
}

/**
 * Takes the token that the key is good for, once. Who comes by another way is asked first, or they
 * would write as whoever made the link.
 * @param {Thread} thread
 * @param {string} key
 */
export async function enter(thread, key) {
  // At once: an address is copied and sent on.
  history.replaceState(history.state, '', location.pathname + location.search);
  try {
    const { name, token } = await thread.call('POST', 'reader/confirmations', { body: { key }, signal: thread.signal });
    const { session: W } = await words(thread.w.tag, 'session');
    if (!fromOurs() && !confirm(`${W.as.replace('{name}', name)}?`)) return;
    kept.set(place(thread), token);
    kept.set(`own:${thread.site}`, kept.get(`own:${thread.site}`, {})); // what has the next page look here
    await (await bring('session')).open(thread);
    thread.form.scrollIntoView({ block: 'center' });
  } catch (error) {
    if (thread.signal.aborted) return;
    console.warn('<reader-comments>', error);
    const { session: W } = await words(thread.w.tag, 'session');
    const note = el('p', { class: 'closed lost', tabindex: -1 }, W.notKnown);
    thread.form.before(note);
    light(note);
    announce(thread, W.notKnown);
  }
}

/** @param {Thread} thread */
const ownPage = (thread) =>
  new URL(`../sites/${encodeURIComponent(thread.site)}/me?lang=${thread.w.tag}`, import.meta.url).href;

/**
 * Shows whose name it may be where to say so: their browser may be another than the one they used.
 * @param {Thread} thread
 * @param {HTMLElement} input
 */
export async function claim(thread, input) {
  const { session: W } = await words(thread.w.tag, 'session');
  const line = input.parentElement?.querySelector('.error');
  line?.append(' ', el('a', { class: 'plain', href: ownPage(thread), target: '_blank', rel: 'noopener' }, W.claim));
}

/**
 * The reader's own page, and the way to be nobody here again.
 * @param {Thread} thread
 * @param {import('./words.js').Words} w
 */
export function ways(thread, { session: W }) {
  const leave = async () => {
    forget(thread);
    await thread.session?.use();
    thread.form.querySelector('textarea')?.focus();
  };
  return [
    el('a', { class: 'plain', part: 'own-page', href: ownPage(thread) }, W.page),
    button('leave', W.leave, leave, { class: 'plain' }),
  ];
}
