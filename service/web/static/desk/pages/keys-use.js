// What a key was used for in the last 30 days: sums, a picture, and the numbers in it.

import { el } from '../../widgets/dom.js';
import { call } from '../calls.js';
import { number, svg, table } from './alerts-figures.js';
import { loaded } from './parts.js';

/** @typedef {import('./keys-types.js').Used} Used */

const [DAYS, DAY] = [30, 86_400_000]; // milliseconds
const [NARROWEST, WIDEST] = [240, 960]; // of the picture
const date = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** @type {[title: string, value: (day: Used) => number][]} */
const COLUMNS = [
  ['Calls', (day) => day.calls],
  ['Spam', (day) => day.spam],
  ['No spam', (day) => day.ham],
  ['Missed spam', (day) => day.missed_spam],
  ['False positives', (day) => day.false_positives],
];

/**
 * @param {string} path of the key
 * @param {AbortSignal} signal
 */
export function use(path, signal) {
  const box = el('div', { class: 'key-days' });
  const load = () => loaded(box, signal, () => call('GET', `${path}/usage`), ({ items }) => parts(items, box.clientWidth));
  return { node: box, load };
}

/**
 * Every one of the last days, the oldest first.
 * @param {Used[]} used
 */
function everyDay(used) {
  const known = new Map(used.map((one) => [one.day, one]));
  return Array.from({ length: DAYS }, (_, n) => {
    const day = new Date(Date.now() - (DAYS - 1 - n) * DAY).toISOString().slice(0, 10);
    return known.get(day) ?? { day, calls: 0, spam: 0, ham: 0, missed_spam: 0, false_positives: 0 };
  });
}

/**
 * @param {Used[]} used
 * @param {number} width
 */
function parts(used, width) {
  if (!used.length) return [el('p', { class: 'quiet none' }, 'Nothing has called with this key in the last 30 days.')];
  const days = everyDay(used);
  const sums = COLUMNS.map(([title, value]) => el('div', {}, el('dt', {}, title), el('dd', {}, number.format(days.reduce((sum, day) => sum + value(day), 0)))));
  const numbers = table('Use by day', ['Day', ...COLUMNS.map(([title]) => title)], [...days].reverse().map((day) => [date.format(new Date(day.day)), ...COLUMNS.map(([, value]) => number.format(value(day)))]));
  return [
    el('dl', { class: 'stats-sums' }, ...sums),
    picture(days, Math.max(NARROWEST, Math.min(WIDEST, width))),
    el('details', {}, el('summary', {}, 'The numbers in it'), numbers),
    el('p', { class: 'quiet about' }, 'Days are days of UTC. Spam and no spam are what Akismet’s clients were answered; missed spam and false positives, what they sent back as wrong.'),
  ];
}

/**
 * A bar for each day's calls.
 * @param {Used[]} days
 * @param {number} width in CSS pixels
 */
function picture(days, width) {
  const [height, side, top, bottom] = [130, 2, 22, 22];
  const most = Math.max(1, ...days.map((day) => day.calls));
  const step = (width - 2 * side) / days.length;
  const base = height - bottom;
  const busiest = days.find((day) => day.calls === most);
  const text = `Calls by day; the most, ${number.format(most)}, on ${busiest ? date.format(new Date(busiest.day)) : 'no day'}.`;
  const bars = days.flatMap((day, n) => {
    if (!day.calls) return [];
    // However few they are beside the busiest day, they are seen.
    const tall = Math.max(2, (day.calls / most) * (base - top));
    const place = { x: (side + step * (n + 0.15)).toFixed(1), y: (base - tall).toFixed(1), width: (step * 0.7).toFixed(1), height: tall.toFixed(1) };
    return [svg('rect', { class: 'calls', ...place }, svg('title', {}, `${date.format(new Date(day.day))}: ${number.format(day.calls)}`))];
  });
  return svg(
    'svg',
    { class: 'over-time', width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': text },
    svg('line', { class: 'grid', x1: side, x2: width - side, y1: top, y2: top }),
    ...bars,
    svg('line', { class: 'axis', x1: side, x2: width - side, y1: base, y2: base }),
    svg('text', { x: side, y: top - 7 }, `${number.format(most)} ${most === 1 ? 'call' : 'calls'} on the busiest day`),
    svg('text', { x: side, y: height - 5 }, date.format(new Date(days[0].day))),
    svg('text', { x: width - side, y: height - 5, 'text-anchor': 'end' }, 'today'),
  );
}
