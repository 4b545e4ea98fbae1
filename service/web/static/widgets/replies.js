// Further replies to a comment than came with it.

import { hang } from './thread.js';

/**
 * @typedef {import('./comments.js').Comments} Comments
 * @typedef {import('./types.js').Comment} Comment
 */

/** @type {WeakMap<HTMLElement, string | null>} where the list of a comment's replies goes on */
const cursors = new WeakMap();

/**
 * @param {Comments} thread
 * @param {HTMLElement} node
 * @param {string} rootId
 * @param {HTMLElement} more the button, which says how many are hidden
 */
export async function showMore(thread, node, rootId, more) {
  const { say, comments: W } = thread.w;
  if (more.ariaBusy) return;
  more.ariaBusy = 'true';
  try {
    const { added, next } = await moreReplies(thread, node, rootId, cursors.get(node) ?? null);
    cursors.set(node, next);
    const left = Number(more.dataset.left) - added.length;
    more.dataset.left = String(Math.max(1, left));
    more.textContent = say(W.moreHere, { n: Math.max(1, left) });
    if (!next) more.remove();
    added[0]?.focus({ preventScroll: true });
  } catch {
    more.textContent = `${W.notLoaded} ${W.retry}`;
  }
  more.ariaBusy = null;
}

/**
 * @param {Comments} thread
 * @param {HTMLElement} node
 * @param {string} rootId
 * @param {string | null} cursor
 * @returns {Promise<{ added: HTMLElement[], next: string | null }>}
 */
export async function moreReplies(thread, node, rootId, cursor) {
  const { signal } = thread;
  const page = await thread.call('GET', `comments/${rootId}/replies`, { query: { cursor }, signal });
  const added = page.items.map((/** @type {Comment} */ reply) => hang(thread, node, reply));
  return { added: added.filter(Boolean), next: page.next_cursor };
}
