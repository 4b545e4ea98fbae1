// Leads to a linked comment, also as old systems wrote it whose comments were imported; its
// conversation is fetched where it isn't on the page shown.

import { ApiError } from './api.js';
import { bring, el } from './dom.js';
import { announce, light } from './light.js';
import { moreReplies } from './further.js';
import { tree } from './thread.js';
import { words } from './words.js';

const OURS = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const PERHAPS = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/; // some old systems have such ids, too

/**
 * @param {import('./comments.js').Comments} thread
 * @param {string} id of a comment, here or in an old system
 */
export async function reveal(thread, id) {
  if (location.hash.startsWith('#reader_')) {
    const known = await bring('known');
    if (known.isKey(id)) return known.enter(thread, id);
  }
  const own = thread.find(id) || OURS.test(id) ? id : ((await imported(thread, id)) ?? (PERHAPS.test(id) ? id : null));
  if (own && !thread.find(own)) await fetchComment(thread, own);
  const node = own && thread.find(own);
  if (node) light(node);
}

/**
 * The id of a comment that had this one in an old system; null where nobody knows it, as it may be
 * that of something else in the page.
 * @param {import('./comments.js').Comments} thread
 * @param {string} id
 * @returns {Promise<string | null>}
 */
async function imported(thread, id) {
  try {
    const at = await thread.call('GET', `comments/by-source/any/${id}`, { signal: thread.signal });
    return at.comment.id;
  } catch (error) {
    if (error instanceof ApiError && [404, 410].includes(error.status)) return null;
    throw error;
  }
}

/**
 * @param {import('./comments.js').Comments} thread
 * @param {string} id
 */
async function fetchComment(thread, id) {
  const { signal } = thread;
  thread.list.querySelector('.lost')?.remove();
  try {
    const at = await thread.call('GET', `comments/${id}`, { signal });
    // The page may know the article by another of its keys.
    if (at.article.key !== (thread.first?.article.key ?? thread.article)) return;
    const rootId = at.root_id ?? id;
    if (!thread.find(rootId)) {
      // A root that was removed is public no more, and replies to it are.
      const gone = { ...at.comment, id: rootId, parent_id: null, status: 'removed', replies: [], reply_count: 0 };
      const root =
        rootId === id ? at.comment : await thread.call('GET', `comments/${rootId}`, { signal }).then((it) => it.comment, () => gone);
      const conversation = tree(thread, root);
      conversation.dataset.apart = 'true'; // out of the list's order
      thread.list.prepend(conversation);
      thread.showEmpty();
    }
    const node = thread.find(rootId);
    /** @type {string | null} */
    let cursor = null;
    for (let pages = 0; node && pages < 50 && !thread.find(id); pages++) {
      ({ next: cursor } = await moreReplies(thread, node, rootId, cursor));
      if (!cursor) {
        node.querySelector(':scope > .more-here')?.remove();
        break;
      }
    }
  } catch (error) {
    if (!(error instanceof ApiError) || signal.aborted) throw error;
    // Removed or never there: that is said, and the thread is shown as it is.
    if (![404, 410].includes(error.status)) return;
    const { live: W } = await words(thread.w.tag, 'live');
    const note = el('p', { class: 'closed lost', tabindex: -1 }, W.lost);
    thread.list.prepend(note);
    light(note);
    announce(thread, W.lost);
  }
}
