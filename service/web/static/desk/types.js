// What the desk's API answers. Never loaded by a browser: only the type checker reads it.

/**
 * @typedef {'held' | 'reported' | 'new' | 'spam' | 'rejected' | 'published'} View
 * @typedef {'publish' | 'reject' | 'spam' | 'hold'} Action
 *
 * @typedef {object} Signal
 * @property {string} check
 * @property {'nothing' | 'hold' | 'spam'} verdict
 * @property {number | null} [score]
 * @property {Record<string, any>} [evidence]
 *
 * @typedef {object} Extra
 * @property {string} site
 * @property {string} body
 * @property {string} email
 * @property {string | null} [website]
 * @property {number} risk
 * @property {number} [reports]
 * @property {boolean} [contested] its author asks for a second look
 * @property {number} version
 * @property {Signal[]} signals
 * @property {{ key: string, title: string, url: string }} article
 * @property {{ moderator: string, own: boolean, until: string } | null} [claim]
 * @property {{ id: string, size: number, waiting: number, decided: number }} [campaign] `decided`: by one decision
 * @property {{ id: string, confirmed?: boolean, published?: number, held?: number, refused?: number }} reader
 * @property {string} [note] what the moderator has written for the decision to come; never from the API
 *
 * @typedef {import('../widgets/types.js').Comment & Extra} Item
 *
 * @typedef {object} Entry a row of the ledger
 * @property {string} actor
 * @property {string | null} moderator
 * @property {string | null} from_status
 * @property {string} to_status
 * @property {string | null} reason
 * @property {string | null} note
 * @property {string} created_at
 *
 * @typedef {object} More
 * @property {Entry[]} ledger
 * @property {{ reason: string, note: string | null, created_at: string }[]} report_notes
 * @property {import('../widgets/types.js').Comment[]} history
 * @property {import('../widgets/types.js').Comment[]} context
 * @property {import('../widgets/types.js').Comment[]} members
 *
 * @typedef {Omit<Item, 'replies'> & More & { replies: import('../widgets/types.js').Comment[] }} Detail
 *
 * @typedef {object} Reader
 * @property {string} id
 * @property {string} name
 * @property {string} email
 * @property {boolean} confirmed
 * @property {string} created_at
 * @property {{ published: number, held: number, refused: number }} counts
 * @property {{ id: string, kind: string, reason: string, until: string | null, created_by: string | null, lifted_at: string | null, active: boolean }[]} sanctions
 *
 * @typedef {object} Queue
 * @property {Item[]} items
 * @property {string | null} next_cursor
 * @property {number} [count]
 *
 * @typedef {object} Result
 * @property {string} comment_id
 * @property {'applied' | 'unchanged' | 'conflict' | 'missing'} outcome
 * @property {string | null} status
 * @property {number | null} version
 * @property {{ actor: string, moderator: string | null, to_status: string, created_at: string }} [decided]
 *
 * @typedef {object} Session
 * @property {{ id: string, email: string, name: string, role: string, all_sites: boolean }} moderator
 * @property {{ slug: string, name: string, words_marked: boolean }[]} sites
 * @property {string} csrf
 */

export {};
