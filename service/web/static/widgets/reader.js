// Random names: of this browser, and of one attempt to send something.

import { kept } from './api.js';

/** `crypto.randomUUID` is missing on plain-http pages. */
export const randomId = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');

/** The header by which likes and reports are told apart: a random id that says nothing of anyone. */
export function reader() {
  const id = kept.get('reader', '') || randomId();
  kept.set('reader', id);
  return { 'X-Reader': id };
}
