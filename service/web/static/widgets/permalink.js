// Leads to a linked comment; its conversation is fetched where it isn't on the page shown.

import { ApiError } from './api.js';
import { el } from './dom.js';
import { announce, light } from './light.js';
import { moreReplies } from './replies.js';
import { tree } from './thread.js';
import { words } from './words.js';

/**
 * @param {import('./comments.js').Comments} thread
 * @param {string} id
 */
export async function reveal(thread, id) {
  if (!thread.find(id)) await fetchComment(thread, id);
  const node = thread.find(id);
  if (node) light(node);
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
