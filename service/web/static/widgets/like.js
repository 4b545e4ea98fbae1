// Liking a comment and taking that back; loaded with the first like.

import { kept } from './api.js';
import { reader } from './reader.js';

/**
 * Shown at once, and taken back where the server doesn't take it.
 * @param {import('./comments.js').Comments} thread
 * @param {import('./types.js').Comment} comment
 * @param {HTMLElement} like shows the comment's likes anew on the event `refresh`
 */
export async function turn(thread, comment, like) {
  const key = `liked:${thread.site}`;
  const turned = () => {
    const on = like.ariaPressed !== 'true';
    like.ariaPressed = String(on);
    comment.likes += on ? 1 : -1;
    const others = kept.get(key, /** @type {string[]} */ ([])).filter((id) => id !== comment.id);
    kept.set(key, on ? [...others, comment.id].slice(-500) : others);
    like.dispatchEvent(new Event('refresh'));
    return on;
  };
  const on = turned();
  try {
    await thread.call(on ? 'PUT' : 'DELETE', `comments/${comment.id}/like`, { headers: reader(), token: thread.session?.token });
  } catch (error) {
    turned();
    thread.session?.ended(error);
  }
}
