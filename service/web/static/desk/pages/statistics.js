// Statistics: pictures that the server draws, and beside each the numbers in it.

import { button, el } from '../../widgets/dom.js';
import { address, call } from '../calls.js';
import { articles } from './statistics-articles.js';

/** @typedef {import('../types.js').Session} Session */
/**
 * @typedef {{ day: string, comments: number, published: number, held: number, spam: number, decisions: number, let_through: number,
 *   rejected: number, marked_spam: number, judged: number, overruled: number, missed: number, shares: number, support: number,
 *   median_minutes: number | null, p90_minutes: number | null }} Day
 * @typedef {[title: string, value: (day: Day) => number | null, shown?: (value: number) => string]} Column
 */

const STATS = 'v1/moderation/stats';
const PERIODS = [7, 30, 90, 365];
/** What the picture is drawn for, by the width of the window: beside the table or above it. */
const WIDTHS = [
  ['(max-width: 30rem)', 300],
  ['(max-width: 44rem)', 420],
  ['(max-width: 60rem)', 640],
  ['(max-width: 72rem)', 560],
];
const WIDEST = 760;

const number = new Intl.NumberFormat('en');
const precise = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 });
const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 1 });
const date = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' });
const long = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });

/** @param {number} minutes */
function span(minutes) {
  if (minutes < 1) return 'under 1 min';
  if (minutes < 90) return `${Math.round(minutes)} min`;
  return minutes < 48 * 60 ? `${precise.format(minutes / 60)} h` : `${number.format(Math.round(minutes / 1440))} d`;
}

/** @type {{ name: string, title: string, about: string, columns: Column[], total: boolean }[]} */
const CHARTS = [
  {
    name: 'volume',
    title: 'Comments',
    about: 'What came in, by what the machine made of it.',
    total: true,
    columns: [
      ['Published', (day) => day.published],
      ['Held', (day) => day.held],
      ['Spam', (day) => day.spam],
      ['All', (day) => day.comments],
    ],
  },
  {
    name: 'decisions',
    title: 'Decisions',
    about: 'What people decided. What was taken back is left out.',
    total: true,
    columns: [
      ['Published', (day) => day.let_through],
      ['Rejected', (day) => day.rejected],
      ['Spam', (day) => day.marked_spam],
      ['All', (day) => day.decisions],
    ],
  },
  {
    name: 'time-to-decision',
    title: 'Time to decision',
    about: 'How long held comments waited, from posting to the first decision.',
    total: false,
    columns: [
      ['Half within', (day) => day.median_minutes, span],
      ['Nine in ten within', (day) => day.p90_minutes, span],
    ],
  },
  {
    name: 'disagreement',
    title: 'People and machine',
    about: 'Of the comments that people judged: how many they published though the machine had held them, and refused though it had published them.',
    total: true,
    columns: [
      ['Published though held', (day) => day.overruled],
      ['Refused though published', (day) => day.missed],
      ['Judged', (day) => day.judged],
    ],
  },
  {
    name: 'engagement',
    title: 'Sharing and support',
    about: 'How often readers shared an article, and followed the call for support. Counted by day of UTC, without saying who.',
    total: true,
    columns: [
      ['Shares', (day) => day.shares],
      ['Support clicks', (day) => day.support],
    ],
  },
];

let chosen = 30;

/**
 * Fills `root` with the page; it stops with `signal`.
 * @param {HTMLElement} root
 * @param {{ session: Session, signal: AbortSignal, site?: string }} given `site` '' or left out: all
 */
export async function show(root, { session, signal, site = '' }) {
  const { sites } = session;
  const body = el('div', { class: 'stats-body' });
  const where = el('p', { class: 'quiet' });
  const csv = el('a', { class: 'act', download: '' }, 'Download as CSV');
  const days = el('select', { name: 'days', 'aria-label': 'Period' }, ...PERIODS.map((n) => el('option', { value: n, selected: n === chosen }, n === 365 ? 'Last year' : `Last ${n} days`)));
  const which = el('select', { name: 'stats-site', 'aria-label': 'Site' }, el('option', { value: '' }, 'All sites'), ...sites.map(({ slug, name }) => el('option', { value: slug, selected: slug === site }, name)));
  let asked = 0;
  const load = async () => {
    chosen = Number(days.value);
    const mine = ++asked;
    const query = new URLSearchParams({ days: days.value, ...(sites.length > 1 && which.value ? { site: which.value } : {}) });
    body.setAttribute('aria-busy', 'true');
    try {
      const stats = await call('GET', `${STATS}?${query}`);
      if (signal.aborted || mine !== asked) return;
      csv.href = address(`${STATS}.csv?${query}`);
      where.textContent = `${long.format(new Date(stats.days[0].day))} to ${long.format(new Date(stats.days[stats.days.length - 1].day))}, days in ${stats.time_zone === 'UTC' ? 'UTC' : `the time of ${stats.time_zone.replaceAll('_', ' ')}`}`;
      body.replaceChildren(...parts(stats.days, query, signal));
    } catch (error) {
      if (signal.aborted || mine !== asked) return;
      const text = error instanceof Error ? error.message : String(error);
      body.replaceChildren(el('p', { class: 'alert', role: 'alert' }, text, ' ', button('retry', 'Try again', load, { class: 'link' })));
    }
    body.removeAttribute('aria-busy');
  };
  days.onchange = which.onchange = load;
  root.replaceChildren(
    el('div', { class: 'stats' }, el('header', { class: 'stats-top' }, el('h2', {}, 'Statistics'), where, sites.length > 1 && which, days, csv), body),
  );
  body.append(el('p', { class: 'loading' }, 'Counting …'));
  await load();
}

/**
 * @param {Day[]} days
 * @param {URLSearchParams} query
 * @param {AbortSignal} signal
 */
function parts(days, query, signal) {
  const sum = (/** @type {(day: Day) => number | null} */ value) => days.reduce((all, day) => all + (value(day) ?? 0), 0);
  const [comments, decisions] = [sum((day) => day.comments), sum((day) => day.decisions)];
  const engaged = sum((day) => day.shares + day.support);
  if (!comments && !decisions && !engaged) {
    return [el('div', { class: 'empty' }, el('h2', {}, 'Nothing to count yet'), el('p', {}, 'Once readers comment, each day’s comments and decisions appear here.'))];
  }
  const judged = sum((day) => day.judged);
  const against = sum((day) => day.overruled + day.missed);
  const share = (/** @type {number} */ part, /** @type {number} */ of) => (of ? percent.format(part / of) : '–');
  return [
    el(
      'dl',
      { class: 'stats-sums' },
      ...figure('Comments', number.format(comments)),
      ...figure('Held or spam', share(sum((day) => day.held + day.spam), comments)),
      ...figure('Decisions', number.format(decisions)),
      ...figure('Against the machine', share(against, judged)),
    ),
    ...CHARTS.map((chart) => section(chart, days, query)),
    articles(query, signal),
  ];
}

/**
 * @param {string} name
 * @param {string} value
 */
const figure = (name, value) => [el('div', {}, el('dt', {}, name), el('dd', {}, value))];

/**
 * @param {typeof CHARTS[number]} chart
 * @param {Day[]} days
 * @param {URLSearchParams} query
 */
function section(chart, days, query) {
  const { name, title, about } = chart;
  const source = (/** @type {string | number} */ width) => address(`${STATS}/${name}.svg?${query}&width=${width}`);
  return el(
    'section',
    { class: 'stats-part', 'aria-labelledby': `stats-${name}` },
    el('h3', { id: `stats-${name}` }, title),
    el('p', { class: 'about' }, about),
    el(
      'picture',
      {},
      ...WIDTHS.map(([media, width]) => el('source', { media, srcset: source(width) })),
      el('img', { src: source(WIDEST), alt: `${title}, as a picture of the numbers in the table`, width: WIDEST, height: 258 }),
    ),
    el('div', { class: 'stats-table', role: 'region', 'aria-label': `${title}, the numbers`, tabindex: '0' }, table(chart, days)),
  );
}

/**
 * @param {typeof CHARTS[number]} chart
 * @param {Day[]} days
 */
function table({ columns, total }, days) {
  const cell = (/** @type {Column} */ [, value, shown = number.format], /** @type {Day} */ day) => {
    const found = value(day);
    return el('td', {}, found === null ? el('span', { class: 'quiet' }, '–') : shown(found));
  };
  const rows = [...days].reverse().map((day) => el('tr', {}, el('th', { scope: 'row' }, date.format(new Date(day.day))), ...columns.map((column) => cell(column, day))));
  const sums = el('tr', { class: 'sums' }, el('th', { scope: 'row' }, 'All days'), ...columns.map(([, value]) => el('td', {}, number.format(days.reduce((all, day) => all + (value(day) ?? 0), 0)))));
  return el(
    'table',
    {},
    el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, 'Day'), ...columns.map(([title]) => el('th', { scope: 'col' }, title))), total && sums),
    el('tbody', {}, ...rows),
  );
}
