// Who is subscribed, who came and went, and why: of a site, for its editors.

import { el } from '../../widgets/dom.js';
import { call } from '../calls.js';
import { say } from '../saying.js';
import { number, svg, table } from './alerts-figures.js';
import { of } from './alerts-forms.js';
import { loaded } from './parts.js';

/** @typedef {import('./alerts-types.js').Audience} Audience */

const WIDEST = 720; // of the picture
const day = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** @type {Record<Audience['removed'][number]['reason'], string>} */
const REASONS = {
  unsubscribed: 'Turned off on the page',
  gone: 'Permission taken back, or the browser is gone',
  refused: 'Refused by the push service again and again',
  inactive: 'No sign of life for too long',
};

/**
 * A part of the page that is loaded once it is opened.
 * @param {string} slug
 * @param {AbortSignal} signal
 */
export function audience(slug, signal) {
  const body = el('div', { class: 'aside-body' });
  const box = el('details', { class: 'alerts-aside' }, el('summary', {}, 'Who came, who went, and why'), body);
  box.ontoggle = () => {
    if (box.open) loaded(body, signal, () => call('GET', of(slug, '/audience')), (found) => parts(found, body.clientWidth));
  };
  return box;
}

/**
 * @param {Audience} found
 * @param {number} width
 */
function parts(found, width) {
  const { living, all_topics: all, only_articles: only, following, muting, topics, removed, days } = found;
  const [came, went] = [days.reduce((sum, one) => sum + one.added, 0), days.reduce((sum, one) => sum + one.removed, 0)];
  const wanting = table('What subscribers want', ['Browsers', 'Number'], [
    ['Subscribed', number.format(living)],
    ['To all alerts', number.format(all)],
    ['Following stories', number.format(following)],
    ['Those stories alone', number.format(only)],
    ['Asked for fewer of something', number.format(muting)],
    ...topics.map((one) => [el('span', { dir: 'auto' }, `Topic “${one.slug}”`), number.format(one.subscriptions)]),
  ]);
  const why = table('Why they went', ['Why', '30 days', '90 days'], removed.map((one) => [REASONS[one.reason] ?? one.reason, number.format(one.days_30), number.format(one.days_90)]));
  const numbers = table('Came and went by day', ['Day', 'Came', 'Went'], [...days].reverse().map((one) => [day.format(new Date(one.day)), number.format(one.added), number.format(one.removed)]));
  return [
    part(
      say({ one: 'The last {n} day', other: 'The last {n} days' }, { n: days.length }),
      el('p', { class: 'quiet' }, `${number.format(came)} came, ${number.format(went)} went.`),
      came + went ? picture(days, Math.max(240, Math.min(WIDEST, width)), `${number.format(came)} came and ${number.format(went)} went in ${days.length} days.`) : '',
      came + went ? el('details', {}, el('summary', {}, 'The numbers in it'), numbers) : '',
    ),
    part('Why they went', removed.length ? why : el('p', { class: 'quiet' }, 'Nobody has gone in 90 days.')),
    part('What they want', wanting),
  ];
}

/**
 * @param {string} title
 * @param {...(Node | string)} content
 */
const part = (title, ...content) => el('section', {}, el('h3', {}, title), ...content);

/**
 * Who came above the line, who went below it.
 * @param {Audience['days']} days
 * @param {number} width in CSS pixels
 * @param {string} text
 */
function picture(days, width, text) {
  const [height, side, top, bottom] = [150, 12, 20, 20];
  const [up, down] = [Math.max(...days.map((one) => one.added)), Math.max(...days.map((one) => one.removed))];
  const unit = (height - top - bottom) / (up + down);
  const zero = top + up * unit;
  const step = (width - 2 * side) / days.length;
  /** @type {(name: 'added' | 'removed') => Element[]} */
  const bars = (name) =>
    days.flatMap((one, n) => {
      const tall = one[name] * unit;
      if (!tall) return [];
      const box = { x: (side + n * step + step * 0.15).toFixed(1), width: (step * 0.7).toFixed(1), y: (name === 'added' ? zero - tall : zero).toFixed(1), height: tall.toFixed(1) };
      return [svg('rect', { class: name, ...box }, svg('title', {}, `${day.format(new Date(one.day))}: ${number.format(one.added)} came, ${number.format(one.removed)} went`))];
    });
  return svg(
    'svg',
    { class: 'over-time came-and-went', width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': text },
    ...bars('added'),
    ...bars('removed'),
    svg('line', { class: 'axis', x1: side, x2: width - side, y1: zero, y2: zero }),
    svg('text', { x: side, y: top - 8 }, `On one day at most ${number.format(up)} came and ${number.format(down)} went`),
    svg('text', { x: side, y: height - 4 }, day.format(new Date(days[0].day))),
    svg('text', { x: width - side, y: height - 4, 'text-anchor': 'end' }, day.format(new Date(days[days.length - 1].day))),
  );
}
