// What an element says, in the language of its page. The catalogues are in words/: docs/translate.md.

/** @typedef {import('./types.js').Catalogue} Catalogue */

/** @type {Map<string, Promise<Partial<Catalogue> & { lang: string }>>} */
const fetched = new Map();
/** @type {Map<string, Words>} */
const known = new Map();

/**
 * @param {string} tag
 * @param {string} sections
 */
function load(tag, sections) {
  const { href } = new URL(`../words/${tag}/${sections}.json`, import.meta.url);
  const found =
    fetched.get(href) ??
    fetch(href, { credentials: 'omit', signal: AbortSignal.timeout(8_000) }).then((answer) =>
      answer.ok ? answer.json() : Promise.reject(new Error(`HTTP ${answer.status}`)),
    );
  fetched.set(href, found);
  found.catch(() => fetched.delete(href));
  return found;
}

/**
 * The sections of a language's catalogue. The server answers with the nearest language that it has.
 * What is lost on the way is asked for again, and then in English: better that than nothing.
 * @param {string} tag BCP 47
 * @param {...import('./types.js').Section} sections
 * @returns {Promise<Words>} holds these sections, and others of its language that were asked for
 */
export async function words(tag, ...sections) {
  const wanted = sections.join('+');
  const found = await load(tag, wanted)
    .catch(() => new Promise((done) => setTimeout(done, 700)).then(() => load(tag, wanted)))
    .catch(() => load('en', wanted));
  // Apart from what came in English before: plurals and dates would stay English with it.
  const key = `${tag} ${found.lang}`;
  const w = known.get(key) ?? new Words(found.lang, tag);
  known.set(key, Object.assign(w, found));
  return w;
}

/** Declared for the type checker: the sections are there once they have been asked for. */
const Sections = /** @type {new () => Catalogue} */ (class {});

export class Words extends Sections {
  /**
   * @param {string} lang the catalogue's
   * @param {string} tag the page's, which may name a region: then times are as they are written there
   */
  constructor(lang, tag) {
    super();
    this.tag = tag;
    const locale = `${tag}-`.startsWith(`${lang}-`) ? tag : lang;
    this.plural = new Intl.PluralRules(locale);
    this.number = new Intl.NumberFormat(locale);
    this.relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
    this.exact = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short' });
    this.day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
  }

  /**
   * A message with its {blanks} filled in.
   * @param {import('./types.js').Message} message
   * @param {Record<string, string | number>} blanks
   */
  say = (message, blanks) => {
    /** @type {Record<string, string>} */
    const forms = typeof message === 'string' ? { other: message } : message ?? {};
    const text = forms[this.plural.select(Number(blanks.n))] ?? forms.other ?? '';
    return text.replace(/\{(\w+)\}/g, (_, name) => {
      const value = blanks[name];
      // Isolated (Unicode UAX #9): a name may run the other way than the sentence.
      return typeof value === 'number' ? this.number.format(value) : this.dir === 'rtl' ? `\u2068${value}\u2069` : value;
    });
  };

  /** @param {Date} when */
  ago(when) {
    const past = (Date.now() - when.getTime()) / 1000;
    if (past < 45) return this.times.now;
    if (past < 3_600) return this.relative.format(-Math.max(1, Math.floor(past / 60)), 'minute');
    if (past < 86_400) return this.relative.format(-Math.floor(past / 3_600), 'hour');
    return past < 604_800 ? this.relative.format(-Math.floor(past / 86_400), 'day') : this.day.format(when);
  }
}
