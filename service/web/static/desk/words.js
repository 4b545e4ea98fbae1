// What the desk says.

/** @typedef {import('./types.js').Action} Action */

/** @type {Record<string, [title: string, text: string]>} */
export const EMPTY = {
  held: ['Nothing is waiting', 'Every held comment has been decided. New ones appear here.'],
  reported: ['No open reports', 'Comments that readers report appear here.'],
  new: ['No new comments', 'The latest published comments that nobody has looked at appear here.'],
  spam: ['No spam', 'What was taken for spam appears here, in case the machine was wrong.'],
  rejected: ['Nothing rejected', 'Comments that were rejected appear here.'],
  published: ['Nothing published yet', 'Published comments appear here.'],
};


/** @type {Record<Action, string>} */
export const DONE = { publish: 'Published', reject: 'Rejected', spam: 'Marked as spam', hold: 'Held' };
