// One text in two places: two tabs, or two elements of a page, for the same article.
// What a reader has written in a place stays there. A place that only shows the draft follows it, and
// a text that was posted goes from wherever it stands unchanged, so that nobody posts it twice.

import { kept } from './api.js';
import { follow } from './dom.js';

/**
 * @typedef {import('./comments.js').Comments} Thread
 * @typedef {import('./writing.js').Parts} Parts
 * @typedef {{ body?: string, sent?: string }} News
 * @typedef {{ thread: Thread, key: string, hear(news: News): void }} Place
 */

/** @type {Set<Place>} */
const places = new Set();

window.addEventListener('storage', ({ key, newValue }) => {
  for (const place of places) {
    if (key === `rejoinder:${place.key}`) place.hear(JSON.parse(newValue ?? '{}'));
  }
});

/**
 * @param {Thread} thread
 * @param {Parts} parts
 * @param {() => void} changed the text is another one now
 */
export function watch(thread, parts, changed) {
  const { draftKey: key, inputs: { body }, draft } = parts;
  let written = Boolean(kept.get(key, null, 'sessionStorage')); // by this tab's reader
  const place = {
    thread,
    key,
    /** @param {News} news */
    hear({ body: text = '', sent }) {
      if (!body.isConnected) places.delete(place);
      else if (!body.readOnly && (sent ? sent === body.value : !written)) {
        body.value = text;
        parts.had = text || undefined;
        written = false;
        if (sent) kept.set(key, null, 'sessionStorage');
        follow(/** @type {HTMLTextAreaElement} */ (body));
        changed();
      }
    },
  };
  places.add(place);
  if (parts.had === body.value && draft().body !== parts.had) {
    // Posted just now from where it was begun, perhaps by this element where it stood before.
    written = false;
    place.hear(draft());
    thread.load();
  }
  body.addEventListener('input', () => {
    written = true;
    tell(place, { body: body.value });
  });
}

/**
 * Storage tells other tabs only. @param {{ thread: Thread, key: string }} from @param {News} news
 */
function tell(from, news) {
  for (const place of places) if (place.key === from.key && place.thread !== from.thread) place.hear(news);
}

/**
 * The text has been posted: no draft any more, here or elsewhere.
 * @param {Thread} thread
 * @param {Parts} parts
 * @param {string} text
 */
export function sent(thread, { draftKey: key, keep }, text) {
  /** @type {News} */
  const last = kept.get(key, {});
  kept.set(key, { sent: text }); // other tabs hear of it; a text of theirs comes back
  kept.set(key, last.body && last.body !== text ? last : null);
  keep(null);
  tell({ thread, key }, { sent: text });
}

/**
 * Has what was posted shown where the element has been moved meanwhile: its thread is another one now.
 * @param {Thread} thread
 * @param {Parts} parts
 */
export function pass(thread, { draftKey }) {
  for (const place of places) if (place.key === draftKey && place.thread !== thread) place.thread.load();
}
