// Liking a comment and taking that back; loaded with the first like.

import { kept } from './api.js';
import { reader } from './reader.js';

/** @type {WeakMap<HTMLElement, boolean>} what the service knows, while it is being told */
const told = new WeakMap();

/**
 * Shown at once, and taken back where the server doesn't take it.
 * @param {import('./comments.js').Comments} thread
 * @param {import('./types.js').Comment} comment
 * @param {HTMLElement} like shows the comment's likes anew on the event `refresh`
 */
export async function turn(thread, comment, like) {
  const key = `liked:${thread.site}`;
  const shown = () => like.ariaPressed === 'true';
  const turned = () => {
    const on = !shown();
    like.ariaPressed = String(on);
    comment.likes += on ? 1 : -1;
    const others = kept.get(key, /** @type {string[]} */ ([])).filter((id) => id !== comment.id);
    kept.set(key, on ? [...others, comment.id].slice(-500) : others);
    like.dispatchEvent(new Event('refresh'));
  };
  const was = shown();
  turned();
  if (told.has(like)) return;
  told.set(like, was);
  try {
    // One after the other: of two calls that overtake each other the service would heed the wrong one.
    while (told.get(like) !== shown()) {
      const on = shown();
      await thread.call(on ? 'PUT' : 'DELETE', `comments/${comment.id}/like`, { headers: reader(), token: thread.session?.token });
      told.set(like, on);
    }
  } catch (error) {
    if (told.get(like) !== shown()) turned();
    thread.session?.ended(error);
  }
  told.delete(like);
}
