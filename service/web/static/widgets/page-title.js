// What the page calls itself, as the service takes it.

const LONGEST = 500;

/** Without control characters, and halves of an emoji that was cut in two: they are in no title. */
export const pageTitle = () => document.title.slice(0, LONGEST).replace(/[\p{Cc}\p{Cs}]/gu, ' ');
