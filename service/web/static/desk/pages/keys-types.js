// What the API says of keys. Never loaded by a browser: only the type checker reads it.

/**
 * @typedef {object} Key
 * @property {string} id
 * @property {string[]} scopes
 * @property {string} label
 * @property {string} created_at
 * @property {string | null} created_by
 * @property {string | null} last_used_at
 * @property {number | null} quota requests a minute
 * @property {boolean} keeps
 * @property {boolean} trusted
 * @property {number} examples
 * @property {number} calls in the last 30 days
 *
 * @typedef {object} Example
 * @property {string} id
 * @property {string} text
 * @property {'spam' | 'ham' | 'abuse' | 'fine'} label
 * @property {string} source
 * @property {number | null} score
 * @property {string} created_at
 *
 * @typedef {{ id: string, text: string, scores: Record<string, number>, created_at: string }} Kept
 *
 * @typedef {{ day: string, calls: number, spam: number, ham: number, missed_spam: number, false_positives: number }} Used
 */

export {};
