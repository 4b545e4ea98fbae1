// What a reader is told of a request that was refused; loaded when the first one is.

import { ApiError } from './api.js';
import { waitOf } from './waiting.js';
import { words } from './words.js';

/** @typedef {import('./words.js').Words} Words */

/**
 * @param {Words} w
 * @param {number} seconds
 */
function wait({ times, say }, seconds) {
  if (!seconds) return times.soon;
  if (seconds < 60) return say(times.seconds, { n: Math.ceil(seconds) });
  if (seconds < 3_600) return say(times.minutes, { n: Math.ceil(seconds / 60) });
  return say(times.hours, { n: Math.ceil(seconds / 3_600) });
}

/**
 * Told by the problem's code, never by the server's own words: those are English, for developers.
 * @param {string} tag the page's language
 * @param {unknown} error
 * @param {string} otherwise where no answer came, or one that says nothing
 * @returns {Promise<{ text: string, fields: Record<string, string | undefined> }>}
 */
export async function explain(tag, error, otherwise) {
  /** @type {Record<string, string | undefined>} */
  const fields = {};
  if (!(error instanceof ApiError)) throw error;
  const { status, problem } = error;
  if (status < 400 || status >= 500) return { text: otherwise, fields };
  const w = await words(tag, 'problems', 'times');
  /** @type {Record<string, import('./types.js').Message>} */
  const told = w.problems;
  const inWords = wait(w, waitOf(error));
  /**
   * @param {string | undefined} code
   * @param {import('./types.js').Values} [values]
   */
  const say = (code, { until, ...values } = {}) => {
    const when = until && w.exact.format(new Date(until));
    return told[code ?? ''] && w.say(told[code ?? ''], { wait: inWords, ...values, ...(when && { until: when }) });
  };
  for (const { path, code, values } of problem.errors ?? []) {
    Object.assign(fields, { [path.replace(/^\$\./, '')]: say(code, values) });
  }
  const code = problem.code ?? (status === 429 ? 'too_often' : '');
  return { text: say(code, problem.values) ?? told.refused, fields };
}
