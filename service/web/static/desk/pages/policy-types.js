// What the API says of policies. Never loaded by a browser: only the type checker reads it.

/**
 * @typedef {'nothing' | 'hold' | 'spam'} Effect
 * @typedef {{ hold: number | null, spam: number | null }} Threshold
 *
 * @typedef {object} Span
 * @property {number[]} days 0 is Monday
 * @property {string} from
 * @property {string} to
 *
 * @typedef {{ time_zone: string, windows: Span[], outside: 'hold' | 'hold_risky' | 'close' }} Hours
 *
 * @typedef {object} Policy
 * @property {'post' | 'pre'} mode
 * @property {Record<string, Threshold>} thresholds
 * @property {string[]} banned_words
 * @property {string[]} suspect_words
 * @property {number | null} links
 * @property {Effect} first_comment
 * @property {Effect} fast_form
 * @property {Effect} honeypot
 * @property {Effect} duplicate
 * @property {Effect} rate
 * @property {number | null} history_rate
 * @property {number} history_sample
 * @property {Effect} unknown_language
 * @property {'nothing' | 'ungrounded' | 'always'} word_lists
 * @property {Record<string, Effect>} signals
 * @property {number} new_readers
 * @property {number | null} close_after_days
 * @property {number | null} slow_mode
 * @property {Hours | null} hours
 * @property {{ url: string, key: number } | null} external
 * @property {'never' | 'attack' | 'always'} puzzle
 * @property {boolean} contest
 *
 * @typedef {object} Answer
 * @property {string} site
 * @property {number} version
 * @property {Policy} policy
 * @property {Policy} defaults
 * @property {Record<string, Threshold>} thresholds_in_force
 * @property {string | null} created_by
 * @property {string | null} created_at
 *
 * @typedef {{ published: number, held: number, spam: number }} Outcomes
 * @typedef {{ published_by_people: number, refused_by_people: number }} ByPeople
 *
 * @typedef {object} Example
 * @property {string} kind
 * @property {string} comment_id
 * @property {string} author
 * @property {string} excerpt
 * @property {'publish' | 'hold' | 'spam'} would
 * @property {'publish' | 'hold' | 'spam'} now
 * @property {'published' | 'refused' | null} decided
 * @property {{ check: string, verdict: Effect, score: number | null }[]} checks
 *
 * @typedef {object} Simulation
 * @property {number} comments
 * @property {Outcomes} would
 * @property {Outcomes} now
 * @property {ByPeople} against
 * @property {ByPeople} agree
 * @property {number} unknown
 * @property {number} changed
 * @property {Example[]} examples
 * @property {boolean} truncated
 * @property {number} seconds
 *
 * @typedef {object} Draft what the parts of the form share
 * @property {Policy} policy changed in place
 * @property {Record<string, Threshold>} learnt the classifier's own thresholds
 * @property {boolean} editable
 * @property {() => void} changed to be called after every change
 */

export {};
