// Further comments than came with the thread: its next page, and more replies to a comment.

import { hang } from './thread.js';

/**
 * @typedef {import('./comments.js').Comments} Comments
 * @typedef {import('./types.js').Comment} Comment
 */

/**
 * @param {Comments} thread
 * @param {Element} pressed what is there to be pressed, unless another order has been chosen meanwhile
 */
export async function nextPage(thread, pressed) {
  const { turn, foot, list } = thread;
  if (!pressed.isConnected || pressed.ariaBusy) return;
  pressed.ariaBusy = 'true';
  const last = list.lastElementChild;
  /** @type {import('./types.js').ThreadPage | undefined} */
  const page = await thread.page(thread.next).catch(() => undefined);
  if (turn !== thread.turn) return;
  const held = foot.matches(':focus-within'); // else somebody writes elsewhere by now
  if (page) thread.show(page);
  else foot.replaceChildren(thread.failure(() => nextPage(thread, foot.children[0])));
  const next = page ? last?.nextElementSibling : foot.querySelector('button');
  if (held) /** @type {HTMLElement} */ (next ?? last)?.focus({ preventScroll: true });
}

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
