// What the API says of alerts. Never loaded by a browser: only the type checker reads it.

/**
 * @typedef {{ audience: number, accepted: number, gone: number, failed: number, skipped: number, pending: number,
 *   shown: number, clicked: number }} Counts
 *
 * @typedef {object} Alert
 * @property {string} id
 * @property {string} site
 * @property {string} article
 * @property {string} url
 * @property {string} title
 * @property {string} body
 * @property {number} edition
 * @property {'scheduled' | 'sending' | 'sent' | 'cancelled'} state
 * @property {boolean} paused
 * @property {boolean} breaking
 * @property {string[]} topics
 * @property {string} created_at
 * @property {string} send_at
 * @property {string | null} started_at
 * @property {string | null} finished_at
 * @property {string | null} check_failed
 * @property {Counts} counts
 *
 * @typedef {{ origin: string, accepted: number, gone: number, failed: number, skipped: number, pending: number }} Service
 * @typedef {{ id: string, edition: number, title: string, state: Alert['state'], accepted: number, shown: number, clicked: number }} Edition
 * @typedef {{ alert: Alert, timeline: [second: number, accepted: number][], services: Service[], editions: Edition[] }} Detail
 *
 * @typedef {{ daily_cap: number, quiet_from: string | null, quiet_until: string | null, check_url: boolean, utm_source: string,
 *   utm_medium: string, utm_campaign: string, icon: string, badge: string, inactive_days: number }} Decided
 * @typedef {{ at: string, reason: 'restored' | 'editor', overdue: number, oldest: { id: string, title: string, state: Alert['state'] }[] }} Pause
 * @typedef {{ site: string, settings: Decided, pause: Pause | null, subscribers: number }} Settings
 *
 * @typedef {{ living: number, all_topics: number, only_articles: number, following: number, muting: number,
 *   topics: { slug: string, subscriptions: number }[],
 *   removed: { reason: 'unsubscribed' | 'gone' | 'refused' | 'inactive', days_30: number, days_90: number }[],
 *   days: { day: string, added: number, removed: number }[] }} Audience oldest day first
 *
 * @typedef {{ id: string, url: string, alert: boolean, format: 'rss' | 'atom' | 'json' | 'sitemap' | null, title: string | null,
 *   entries: number, refused: number, refused_url: string | null, notice: string | null, noticed_at: string | null,
 *   last_poll_at: string | null, last_error: string | null, next_poll_at: string | null, stopped: string | null,
 *   websub: { state: string } | null }} Feed
 */

export {};
