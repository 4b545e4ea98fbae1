// Times, numbers and reasons as the desk says them: in English, from the readers' catalogue.

import { time as timeOf } from '../widgets/dom.js';
import { tick as ticking } from '../widgets/tick.js';
import { words } from '../widgets/words.js';

const W = await words('en', 'reasons', 'times');

// Dates as this browser's owner writes them.
W.exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'short' });
W.day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });

export const { say } = W;

/** @type {Record<string, string>} */
export const REASONS = W.reasons;

/** @param {string} iso */
export const time = (iso) => timeOf(W, iso);

/**
 * @param {ParentNode} tree
 * @param {AbortSignal} signal
 */
export const tick = (tree, signal) => ticking(W, tree, signal);
