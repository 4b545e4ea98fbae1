// What the policy on the page would have done: figures that follow every change, and examples.

import { el } from '../../widgets/dom.js';
import { call } from '../calls.js';
import { reasons } from '../signals.js';

/** @typedef {import('./policy-types.js').Policy} Policy */
/** @typedef {import('./policy-types.js').Simulation} Simulation */
/** @typedef {import('./policy-types.js').Example} Example */

const SIMULATE = new URL('../../v1/moderation/policy/simulate', import.meta.url);
const SETTLED = 150; // milliseconds without a change before the service is asked
const AGAIN = 1000; // milliseconds until a service that is busy is asked again

const number = new Intl.NumberFormat('en');
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });

/** @type {[key: 'published' | 'held' | 'spam', name: string][]} */
const OUTCOMES = [
  ['published', 'Published'],
  ['held', 'Held'],
  ['spam', 'Spam'],
];
/** @type {[kind: string, title: string][]} */
const KINDS = [
  ['published_by_people', 'People published these, and it would not'],
  ['refused_by_people', 'People refused these, and it would publish them'],
  ['now_held', 'Would be held now'],
  ['now_spam', 'Would be spam now'],
  ['now_published', 'Would be published now'],
];
// Checks whose names say too little by themselves.
/** @type {Record<string, string>} */
const NAMES = { hours: 'the hours', first_comment: 'a new reader', timing: 'a fast form', language: 'an unknown language', mode: 'the mode', history: 'a bad record', rate: 'many at once' };
const WOULD = { publish: 'published', hold: 'held', spam: 'spam' };

/** @param {number} n @param {string} one @param {string} [many] */
const few = (n, one, many = `${one}s`) => `${number.format(n)} ${n === 1 ? one : many}`;

/**
 * One event of a stream of server-sent events.
 * @param {string} block
 */
function read(block) {
  /** @type {Record<string, string>} */
  const fields = {};
  for (const line of block.split(/\r?\n/)) {
    const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name) fields[name] = value;
  }
  return fields;
}

/**
 * Runs one simulation; null where the service is busy.
 * @param {{ policy: Policy, days: number, site: string }} body
 * @param {string} csrf
 * @param {AbortSignal} signal
 * @param {(share: number) => void} progress
 * @returns {Promise<Simulation | null>}
 */
async function simulate(body, csrf, signal, progress) {
  const response = await fetch(SIMULATE, {
    method: 'POST',
    credentials: 'same-origin',
    signal,
    headers: { 'Content-Type': 'application/json', Accept: 'text/event-stream', 'X-CSRF-Token': csrf },
    body: JSON.stringify(body),
  });
  if (response.status === 429) return null;
  if (!response.ok || !response.body) {
    const problem = await response.json().catch(() => undefined);
    throw new Error(problem?.detail ?? `HTTP ${response.status}`);
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ''; ; ) {
    const { value, done } = await reader.read();
    if (done) throw new Error('The answer broke off.');
    const blocks = (text + value).split(/\r?\n\r?\n/);
    text = blocks.pop() ?? '';
    for (const { event, data } of blocks.map(read)) {
      if (event === 'result') return JSON.parse(data);
      if (event === 'progress') progress(JSON.parse(data).done / JSON.parse(data).of);
    }
  }
}

/** The panel beside the form. */
export class Figures {
  days = 7;
  #asked = new AbortController();
  #timer = 0;
  /** @type {Policy | undefined} */
  #policy;
  #said = el('p', { class: 'said', role: 'status' });
  #rows = el('div', { class: 'outcomes' });
  #people = el('ul', { class: 'people' });
  #examples = el('div', { class: 'examples' });
  /** The same in one line, for where the panel is out of sight. */
  brief = el('span', { class: 'brief', 'aria-hidden': 'true' });
  #scan = el('progress', { max: 1, value: 0, hidden: true, 'aria-label': 'Comments read again for the words' });

  /**
   * @param {string} site
   * @param {string} csrf
   * @param {AbortSignal} signal
   */
  constructor(site, csrf, signal) {
    this.site = site;
    this.csrf = csrf;
    const choice = el('select', { 'aria-label': 'Of how many days' });
    for (const days of [1, 7, 30, 90]) {
      choice.append(el('option', { value: days, selected: days === this.days }, days === 1 ? 'the last day' : `the last ${days} days`));
    }
    choice.onchange = () => {
      this.days = Number(choice.value);
      this.#ask();
    };
    this.node = el(
      'section',
      { class: 'figures', 'aria-labelledby': 'figures-title' },
      el('div', { class: 'figures-head' }, el('h3', { id: 'figures-title' }, 'Tried on'), choice),
      this.#rows,
      this.#scan,
      this.#people,
      this.#said,
      this.#examples,
    );
    signal.addEventListener('abort', () => {
      clearTimeout(this.#timer);
      this.#asked.abort();
    });
  }

  /**
   * Asks what this policy would have done, once it has settled. The newest answer wins.
   * @param {Policy} policy
   */
  follow(policy) {
    this.#policy = policy;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ask(), SETTLED);
  }

  async #ask() {
    if (!this.#policy) return;
    this.#asked.abort();
    const { signal } = (this.#asked = new AbortController());
    this.node.setAttribute('aria-busy', 'true');
    try {
      const body = { policy: this.#policy, days: this.days, site: this.site };
      const found = await simulate(body, this.csrf, signal, (share) => {
        this.#scan.hidden = false;
        this.#scan.value = share;
      });
      if (signal.aborted) return;
      if (found) this.#show(found);
      else this.#timer = setTimeout(() => this.#ask(), AGAIN);
    } catch (error) {
      if (signal.aborted) return;
      this.#said.textContent = error instanceof Error ? error.message : String(error);
    }
    this.#scan.hidden = true;
    this.node.removeAttribute('aria-busy');
  }

  /** @param {Simulation} found */
  #show(found) {
    this.#rows.replaceChildren(...OUTCOMES.map(([key, name]) => outcome(key, name, found)));
    this.brief.textContent = OUTCOMES.map(([key, name]) => `${name} ${number.format(found.would[key])}`).join(' · ');
    const { against, agree } = found;
    const wrong = against.published_by_people + against.refused_by_people;
    const decided = wrong + agree.published_by_people + agree.refused_by_people;
    this.#people.replaceChildren(
      el(
        'li',
        { class: 'against', 'data-against': wrong },
        decided
          ? `Of ${few(decided, 'decision')} by people it would have gone against ${number.format(wrong)}: ` +
              `not published are ${number.format(against.published_by_people)} that they published, ` +
              `and published ${number.format(against.refused_by_people)} that they refused.`
          : 'People have decided none of these comments.',
      ),
      el('li', {}, `Nobody has looked at ${few(found.unknown, 'comment')}, so nobody can say of these.`),
    );
    this.#said.textContent =
      (found.changed ? `${few(found.changed, 'comment')} of ${number.format(found.comments)} would fare otherwise than now.` : 'No comment would fare otherwise than now.') +
      (found.truncated ? ' Only the newest 200,000 were looked at.' : '');
    this.#list(found.examples);
  }

  /** @param {Example[]} examples */
  #list(examples) {
    // Whoever reads one goes on reading it while the figures move.
    const open = new Set([...this.#examples.querySelectorAll('details.example[open]')].map((node) => node.id));
    const groups = KINDS.map(([kind, title]) => {
      const own = examples.filter((one) => one.kind === kind);
      return own.length > 0 && el('section', {}, el('h4', {}, title), ...own.map((one) => example(one, open.has(`${kind}-${one.comment_id}`))));
    });
    this.#examples.replaceChildren(...groups.filter((group) => group !== false));
  }
}

/**
 * @param {'published' | 'held' | 'spam'} key
 * @param {string} name
 * @param {Simulation} found
 */
function outcome(key, name, found) {
  const would = found.would[key];
  const change = would - found.now[key];
  const share = found.comments ? would / found.comments : 0;
  const bar = el('span', { class: 'share', 'aria-hidden': 'true' });
  bar.style.setProperty('--share', String(share));
  return el(
    'div',
    { class: `outcome-row ${key}` },
    el('span', { class: 'what' }, name),
    el('output', { class: 'many', name: key }, number.format(would)),
    el('span', { class: 'part' }, percent.format(share)),
    el('span', { class: 'change' }, change ? `${change > 0 ? '+' : '−'}${number.format(Math.abs(change))}` : '±0'),
    bar,
  );
}

/**
 * @param {Example} one
 * @param {boolean} open
 */
function example(one, open) {
  const decided = one.decided ? ` People ${one.decided} it.` : '';
  const names = one.checks.map(({ check, score }) => `${NAMES[check] ?? check.replaceAll('_', ' ')}${score == null ? '' : ` ${score.toFixed(2)}`}`);
  const why = el('p', { class: 'quiet' }, names.length ? `For ${names.join(', ')}.` : '');
  const text = el('p', { class: 'words' }, one.excerpt);
  const seen = el('ul', { class: 'seen' });
  const node = el(
    'details',
    { class: 'example', id: `${one.kind}-${one.comment_id}`, open },
    el('summary', {}, el('b', {}, one.author), ' ', el('span', {}, one.excerpt)),
    text,
    el('p', {}, `Would be ${WOULD[one.would]}; is ${WOULD[one.now]} by the policy in force.${decided}`),
    why,
    seen,
  );
  let read = false;
  const more = async () => {
    if (read || !node.open) return;
    read = true;
    try {
      const item = await call('GET', `v1/moderation/comments/${one.comment_id}`);
      text.textContent = item.body;
      seen.replaceChildren(...reasons(item).map((reason) => el('li', {}, reason.text)));
    } catch {
      read = false; // the excerpt stands; opening it again asks again
    }
  };
  node.addEventListener('toggle', more);
  if (open) more();
  return node;
}
