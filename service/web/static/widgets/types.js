// What the API answers. Never loaded by a browser: only the type checker reads it.

/**
 * @typedef {'published' | 'held' | 'rejected' | 'spam' | 'removed'} Status
 *
 * @typedef {object} Comment
 * @property {string} id
 * @property {string | null} parent_id
 * @property {{ name: string, badge?: string | null }} author
 * @property {string} html sanitised by the server
 * @property {Status} status
 * @property {string | null} [reason]
 * @property {string} created_at
 * @property {string | null} edited_at
 * @property {number} likes
 * @property {Comment[]} [replies] the first five below a root comment, flat, oldest first
 * @property {number} [reply_count] all below a root comment
 * @property {string} [root_id] of a reply, among changes
 *
 * @typedef {object} ThreadPage
 * @property {{ key: string, title: string, url: string, open: boolean }} article
 * @property {number} count
 * @property {Comment[]} items
 * @property {string | null} next_cursor
 * @property {string} [ticket]
 * @property {string} [since] another after every change
 * @property {'required'} [sign_in] only readers who have signed in may comment
 * @property {boolean} [letters] readers may ask for e-mail
 *
 * @typedef {object} Changes since a page was read
 * @property {Comment[]} items new or edited, oldest first
 * @property {string[]} gone
 * @property {boolean} complete false: too much, or too long ago
 *
 * @typedef {object} Posted
 * @property {Comment} comment
 * @property {string} [edit_token]
 * @property {string | null} [notice]
 * @property {string | null} [notice_code]
 * @property {Values} [notice_values]
 *
 * @typedef {{ n?: number, reason?: string, until?: string }} Values what fills a message's blanks
 *
 * @typedef {object} Problem
 * @property {string} [type]
 * @property {string} [title]
 * @property {number} [status]
 * @property {string} [detail] English, for developers
 * @property {string} [code] what a reader is told: words/*.json, problems
 * @property {import('./puzzle.js').Challenge} [challenge]
 * @property {Values} [values]
 * @property {{ path: string, detail: string, code?: string, values?: Values }[]} [errors]
 * @property {string} [request_id]
 *
 * @typedef {object} OwnComment a comment written in this browser
 * @property {string} [token] none where the reader's sign-in opens it
 * @property {string} article
 * @property {string} body as it was typed, for editing
 * @property {Values} [notice] of a reader under a sanction: why, and until when
 * @property {Comment} comment
 * @property {number} [posted] when it was, by this browser's clock
 */

/**
 * @typedef {HTMLElement & { token?: string }} Host
 *
 * @typedef {object} Mounted where a thread stands
 * @property {Host} host
 * @property {string} article
 * @property {URL} base
 * @property {HTMLElement} box
 * @property {import('./words.js').Words} w
 * @property {AbortSignal} signal ends with the element, or once it shows something else
 */

export {};

/**
 * What a reader is told, by section and key: words/*.json.
 * @typedef {typeof import('../words/en.json')} Catalogue
 * @typedef {Exclude<keyof Catalogue, 'lang' | 'name' | 'dir'>} Section
 * @typedef {string | { other: string, [form: string]: string }} Message with forms: chosen by {n}
 */

/**
 * @typedef {object} Call
 * @property {unknown} [body] sent as JSON
 * @property {string} [token] bearer
 * @property {Record<string, string>} [headers]
 * @property {Record<string, string | null | undefined>} [query]
 * @property {AbortSignal} [signal]
 * @property {boolean} [keepalive] outlives the page
 */
