// What the API says of webhooks. Never loaded by a browser: only the type checker reads it.

/**
 * @typedef {object} Webhook
 * @property {string} id
 * @property {string} site
 * @property {string} url
 * @property {string[]} events
 * @property {boolean} enabled
 * @property {string | null} stopped
 * @property {string | null} failing_since
 * @property {string | null} previous_until
 * @property {string | null} created_by
 * @property {string} created_at
 * @property {number} waiting
 * @property {number} dead
 *
 * @typedef {object} Delivery
 * @property {string} id
 * @property {string} event_id
 * @property {string} kind
 * @property {string | null} comment_id
 * @property {'pending' | 'delivered' | 'dead'} state
 * @property {number} attempts
 * @property {string | null} next_at
 * @property {number | null} last_status
 * @property {string | null} last_error
 * @property {string} created_at
 * @property {string | null} done_at
 */

export {};
