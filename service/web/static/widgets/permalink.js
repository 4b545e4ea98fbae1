// Fetches the conversation of a linked comment that isn't on the page shown.

import { ApiError } from './api.js';
import { moreReplies } from './replies.js';
import { tree } from './thread.js';

/**
 * @param {import('./comments.js').Comments} thread
 * @param {string} id
 */
export async function fetchComment(thread, id) {
  const { signal } = thread;
  try {
    const at = await thread.call('GET', `comments/${id}`, { signal });
    if (at.article.key !== thread.article) return;
    const rootId = at.root_id ?? id;
    if (!thread.find(rootId)) {
      const root = rootId === id ? at : await thread.call('GET', `comments/${rootId}`, { signal });
      thread.list.prepend(tree(thread, root.comment));
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
    // Removed or never there: the thread is shown as it is.
    if (!(error instanceof ApiError)) throw error;
  }
}
