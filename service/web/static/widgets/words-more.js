// What is said only to those who wrote a reply here, or report one: loaded with own.js, report.js.

export const M = {
  you: 'you',
  edit: 'Edit',
  remove: 'Remove',
  ask: 'Remove your reply for good?',
  yes: 'Yes, remove it',
  no: 'Keep it',
  gone: 'Your reply was removed.',
  failed: 'That didn’t work. Please try again.',
  held: 'Held for review',
  notPublished: 'Not published',
  heldLong: 'Thank you. A moderator reads this reply before it is published.',
  rejectedLong: 'This reply was not published.',
  spamLong: 'This reply was taken for advertising and not published.',
  onlyTillThen: 'Until then only you can see it, in this browser.',
  onlyYou: 'Only you can see it, in this browser.',
  because: 'Reason: {reason}.',
  dismiss: 'Dismiss',

  reportTitle: 'Report this reply',
  reportAsk: 'What is wrong with it? The moderators see your reason, never your name.',
  reportNote: 'Anything to add? (optional)',
  reportSend: 'Send report',
  reported: 'Reported. Thank you.',
};

/** Reason codes (DESIGN.md) as readers meet them. @type {Record<string, string>} */
export const REASONS = {
  abusive: 'abuse or a personal attack',
  offensive: 'offensive language',
  hate_speech: 'hate speech',
  harassment_bullying: 'harassment or bullying',
  misinformation: 'misleading or false information',
  spam: 'spam or a scam',
  ad: 'advertising',
  illegal_content: 'illegal content',
  banned_word: 'a word that isn’t allowed here',
  irrelevant_content: 'not about the article',
  other: 'something else',
};
