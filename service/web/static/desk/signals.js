// The machine's reasons in plain words. Whatever a check may send, it is shown as text.

/**
 * @typedef {import('./types.js').Item} Item
 * @typedef {import('./types.js').Signal} Signal
 * @typedef {{ text: string, weight: 'spam' | 'hold' | 'note', score?: number }} Reason
 */

/** @type {Record<string, string>} */
export const LABELS = {
  spam: 'spam',
  abuse: 'abuse',
  severe_abuse: 'severe abuse',
  insult: 'insult',
  threat: 'threat',
  obscene: 'obscene language',
  identity_attack: 'attack on a group of people',
};

const WORTH_NOTING = 0.5;

/**
 * @param {number} n
 * @param {string} one
 * @param {string} [many]
 */
const few = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

/** @param {unknown} list */
const words = (list) =>
  (Array.isArray(list) ? list : [])
    .slice(0, 5)
    .map((entry) => `“${entry?.word ?? entry}”`)
    .join(', ');

/**
 * A language's name in the desk's own language; its code where it has none.
 * @param {unknown} code
 */
function tongue(code) {
  try {
    return new Intl.DisplayNames(['en'], { type: 'language' }).of(String(code)) ?? String(code);
  } catch {
    return String(code);
  }
}

/**
 * What of a comment has no score: no score isn't a low one.
 * @param {Record<string, any>} evidence
 */
function unjudged({ language, grounded, judged = 0 }) {
  if (grounded === false && language !== 'und') {
    const part = judged > 0 ? `judged in part only (${Math.round(judged * 100)} %)` : 'not judged';
    return `${part}: the classifier hasn’t learnt ${tongue(language)}`;
  }
  return judged > 0 && judged <= 0.8 ? 'judged in part only: the rest is in a language the classifier hasn’t learnt' : null;
}

/**
 * Words of the packaged lists as they stand in the comment; offsets count code points.
 * @param {Record<string, any>} evidence
 * @param {Item} item
 */
function listed({ words: found = [] }, item) {
  const letters = [...item.body];
  const shown = found
    .filter((/** @type {any} */ entry) => !entry.hint)
    .map((/** @type {any} */ { begin, end, language }) => `“${letters.slice(begin, end).join('')}” (${tongue(language)})`);
  return shown.length ? `on the word lists: ${shown.slice(0, 5).join(', ')}` : null;
}

/**
 * What each check found, as far as it is worth a line; by the signal's evidence.
 * @type {Record<string, (e: Record<string, any>, item: Item, decided: boolean) => string | null>}
 */
const SAID = {
  sanction: (e) => (e.kind ? `this reader’s comments are on ${e.kind}` : null),
  mode: (e, _item, decided) => (decided || e.mode === 'pre' ? 'every comment here is read first' : null),
  hours: (_e, _item, decided) => (decided ? 'nobody was at the desk at that hour' : null),
  banned_word: (e, _item, decided) => (decided || e.words?.length ? `contains the banned word ${words(e.words ?? [e.word])}` : null),
  suspect_word: (e, _item, decided) => (decided || e.words?.length ? `contains the suspect word ${words(e.words ?? [e.word])}` : null),
  links: (e) => (e.count ? `contains ${few(e.count, 'link')}${e.hosts?.length ? ` (${e.hosts.slice(0, 3).join(', ')})` : ''}` : null),
  duplicate: (e) => {
    const parts = [];
    if (e.exact_by_others) parts.push(`the same text from ${few(e.exact_by_others, 'other reader')}`);
    if (e.exact_by_reader) parts.push(`the same text from this reader ${e.exact_by_reader === 1 ? 'once' : `${e.exact_by_reader} times`} before`);
    const alike = (e.near ?? 0) - (e.exact_by_others ?? 0) - (e.exact_by_reader ?? 0);
    if (alike > 0) parts.push(`nearly the same as ${few(alike, 'other comment')}`);
    if (e.near_refused) parts.push(`${e.near_refused} like it refused`);
    return parts.join(', ') || null;
  },
  timing: (e) => {
    if (e.seconds == null) return 'sent without opening the form';
    if (e.seconds < 3) return `written in ${few(e.seconds, 'second')}`;
    return e.seconds > 86_400 ? 'sent from a form opened more than a day before' : null;
  },
  honeypot: (e, _item, decided) => (decided || e.filled ? 'filled in a field that people can’t see' : null),
  rate: (e) => {
    const most = Math.max(e.by_reader ?? 0, e.by_address ?? 0);
    return most >= 5 ? `${few(most, 'comment')} in the last ten minutes` : null;
  },
  history: (e, _item, decided) =>
    decided ? `${e.refused} of this reader’s ${(e.published ?? 0) + (e.refused ?? 0)} comments were refused` : null,
  first_comment: (_e, item, decided) => (decided || !item.reader?.published ? 'first comment' : null),
  external: (e, _item, decided) => (decided || e.says === 'hold' ? `your own check says hold${e.reason ? `: ${e.reason}` : ''}` : null),
  external_spam: (e) => `your own check says spam${e.reason ? `: ${e.reason}` : ''}`,
  external_unknown: (e) => `your own check said nothing: ${e.why ?? 'no answer'}`,
  language: unjudged,
  word_list: listed,
  length: (e) => (e.shouted ? 'mostly in capital letters' : null),
  classifier: (e) => `the classifier failed: ${e.error ?? 'unknown'}`,
  failure: (e) => `the check “${e.check}” failed`,
};

/**
 * Evidence of a check that this desk doesn't know yet, short.
 * @param {Record<string, any>} evidence
 */
function compact(evidence) {
  const parts = Object.entries(evidence)
    .filter(([, value]) => value != null && !(Array.isArray(value) && !value.length))
    .map(([key, value]) => `${key} ${typeof value === 'object' ? JSON.stringify(value) : value}`);
  const text = parts.join(', ');
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}

/** @param {number} score */
const likely = (score) => (score >= 0.8 ? 'likely' : score >= 0.5 ? 'possible' : 'hardly');

/**
 * @param {Signal} signal
 * @param {Item} item
 * @returns {Reason | null}
 */
function reason(signal, item) {
  const { check, verdict, score, evidence = {} } = signal;
  const decided = verdict === 'hold' || verdict === 'spam';
  const weight = decided ? verdict : 'note';
  if (check in LABELS && typeof score === 'number') {
    if (!decided && score < WORTH_NOTING) return null;
    return { text: `${likely(score)} ${LABELS[check]}`, weight, score };
  }
  // Without a score a label says nothing of its own: the line on the language does.
  if (check in LABELS && !decided) return null;
  const say = SAID[check];
  const text = say ? say(evidence, item, decided) : `${check.replaceAll('_', ' ')} ${compact(evidence)}`.trim();
  if (!text && !decided) return null;
  return { text: text || check.replaceAll('_', ' '), weight, ...(typeof score === 'number' ? { score } : {}) };
}

const RANK = { spam: 0, hold: 1, note: 2 };

/**
 * Every reason worth reading: what decided first, then by score.
 * @param {Item} item
 */
export const reasons = (item) =>
  (item.signals ?? [])
    .map((signal) => reason(signal, item))
    .filter((found) => found !== null)
    .sort((a, b) => RANK[a.weight] - RANK[b.weight] || (b.score ?? 1) - (a.score ?? 1));

/**
 * Every score of the classifier, highest first.
 * @param {Item} item
 */
export const scores = (item) =>
  (item.signals ?? [])
    .filter((signal) => signal.check in LABELS && typeof signal.score === 'number')
    .map((signal) => ({ name: LABELS[signal.check], score: Number(signal.score) }))
    .sort((a, b) => b.score - a.score);
