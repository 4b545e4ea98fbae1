// One alert in the list: its state, its figures, and what can still be done with it.

import { button, el } from '../../widgets/dom.js';
import { call } from '../calls.js';
import { say, time } from '../saying.js';
import { bar, number, picture, PARTS, share, span, table, words } from './alerts-figures.js';
import { alertBox, doing, said } from './parts.js';

/** @typedef {import('./alerts-types.js').Alert} Alert */
/** @typedef {import('./alerts-types.js').Detail} Detail */

const ALERTS = 'v1/moderation/alerts';
const WIDEST = 720; // of the picture

/** @type {Record<Alert['state'], [word: string, tone: string]>} */
const STATES = {
  scheduled: ['Scheduled', 'wait'],
  sending: ['Sending', 'busy'],
  sent: ['Sent', 'good'],
  cancelled: ['Cancelled', 'quiet'],
};

/** @param {Alert} alert */
export const isDue = (alert) => alert.state === 'scheduled' && !alert.paused && Date.parse(alert.send_at) <= Date.now();

/** @param {Alert} alert whether it changes by itself */
export const isLive = (alert) => !alert.paused && (alert.state === 'sending' || isDue(alert));

/**
 * @param {Alert} first
 * @param {{ editor: boolean, signal: AbortSignal, status: HTMLElement }} given
 */
export function row(first, { editor, signal, status }) {
  let alert = first;
  const own = `${ALERTS}/${first.id}`;
  const badge = el('span', { class: 'badge' });
  const when = el('span', { class: 'alert-when' });
  const parts = bar();
  const counted = el('p', { class: 'counted' });
  const seen = el('p', { class: 'seen' });
  const problem = alertBox();
  const more = el('div', { class: 'alert-more', hidden: true, id: `alert-${first.id}` });
  const cancel = button('cancel-alert', 'Cancel', () => doing(problem, async () => {
    fill(await call('DELETE', own));
    status.textContent = `Cancelled: ${alert.title}.`;
    open.focus();
  }), { class: 'act reject', 'aria-label': `Cancel: ${first.title}` });
  const open = button('details', 'Details', () => {
    more.hidden = !more.hidden;
    open.setAttribute('aria-expanded', String(!more.hidden));
    if (!more.hidden) load();
  }, { class: 'act', 'aria-expanded': 'false', 'aria-controls': more.id, 'aria-label': `Details: ${first.title}` });

  const load = async () => {
    if (!more.childElementCount) more.replaceChildren(el('p', { class: 'loading' }, 'Loading …'));
    try {
      const found = await call('GET', own);
      if (signal.aborted || more.hidden) return;
      const opened = more.querySelector('details')?.open;
      more.replaceChildren(...details(found, Math.max(240, Math.min(WIDEST, more.clientWidth))));
      if (opened) /** @type {HTMLDetailsElement} */ (more.querySelector('details')).open = true;
    } catch (error) {
      if (!signal.aborted) more.replaceChildren(el('p', { class: 'alert' }, said(error), ' ', button('retry', 'Try again', load, { class: 'link' })));
    }
  };

  /** What a clock changes: the seconds in which it can still be cancelled. */
  const tell = () => {
    const { state, paused, send_at: at, check_failed: failed } = alert;
    const left = Math.ceil((Date.parse(at) - Date.now()) / 1000);
    /** @type {(Node | string)[]} */
    let shown = [];
    if (state === 'scheduled' && paused) shown = ['Waits until alerts are resumed; due ', time(at)];
    else if (state === 'scheduled' && failed) shown = [`Waits for the article’s address: ${failed}`];
    else if (state === 'scheduled' && left > 90) shown = ['Goes out ', time(at)];
    else if (state === 'scheduled') shown = [left > 0 ? `Goes out in ${left} s` : 'Starts now'];
    else if (state === 'sending') shown = ['Started ', time(alert.started_at ?? at)];
    else shown = [time(alert.finished_at ?? at)];
    if (state !== 'scheduled' || left > 90 || when.textContent !== shown[0]) when.replaceChildren(...shown);
  };

  /** @param {Alert} now */
  const fill = (now) => {
    const changed = JSON.stringify(now) !== JSON.stringify(alert);
    alert = now;
    const [word, tone] = now.paused ? ['Paused', 'wait'] : STATES[now.state];
    badge.textContent = word;
    badge.className = `badge ${tone}`;
    tell();
    const { counts } = now;
    parts.fill(counts);
    if (now.state === 'scheduled' || now.state === 'cancelled') counted.textContent = '';
    else counted.textContent = counts.audience ? `${number.format(counts.audience)} browsers: ${words(counts).join(', ')}` : 'Nobody had asked for it.';
    seen.textContent = counts.accepted ? `Shown ${number.format(counts.shown)} (${share(counts.shown, counts.accepted)}) · opened ${number.format(counts.clicked)} (${share(counts.clicked, counts.shown)} of those)` : '';
    cancel.hidden = !editor || now.state !== 'scheduled';
    if (changed && !more.hidden) load();
  };
  const about = [first.edition > 1 && `edition ${first.edition}`, first.breaking && 'breaking', ...first.topics].filter(Boolean).join(' · ');
  const node = el(
    'li',
    { class: 'alert-row', 'data-alert': first.id },
    el(
      'div',
      { class: 'alert-head' },
      el('h3', {}, el('a', { href: first.url, target: '_blank', rel: 'noopener noreferrer', dir: 'auto' }, first.title)),
      el('p', { class: 'state' }, badge, ' ', when),
    ),
    about && el('p', { class: 'quiet about' }, about),
    parts.node,
    counted,
    seen,
    problem,
    el('div', { class: 'alert-do' }, open, cancel),
    more,
  );
  fill(first);
  return { node, fill, tell, get alert() { return alert; } };
}

/**
 * @param {Detail} found
 * @param {number} width
 */
function details({ alert, timeline, services, editions }, width) {
  const { counts } = alert;
  const sums = table('What became of it', ['Browsers', 'Number', 'Share'], [
    ['All', number.format(counts.audience), ''],
    ...PARTS.map(([part, , about]) => [about, number.format(counts[part]), share(counts[part], counts.audience)]),
  ]);
  const over = timeline.length > 1
    ? [
        picture(timeline, counts.audience, width),
        el('details', {}, el('summary', {}, 'The numbers in it'), table('Deliveries over time', ['After', 'Accepted'], timeline.map(([second, count]) => [span(second), number.format(count)]))),
      ]
    : [el('p', { class: 'quiet' }, alert.state === 'scheduled' ? 'Nothing has been sent yet.' : 'No deliveries were counted over time.')];
  const by = services.map((one) => [one.origin, ...PARTS.map(([part]) => number.format(one[part]))]);
  const titles = editions.map((one) => [el('span', { dir: 'auto' }, one.title), String(one.edition), number.format(one.accepted), number.format(one.shown), number.format(one.clicked), share(one.clicked, one.shown)]);
  return [
    alert.body ? el('p', { class: 'alert-body', dir: 'auto' }, alert.body) : el('p', { class: 'quiet' }, 'Title only.'),
    part('Deliveries over time', ...over),
    counts.audience ? part('What became of it', sums) : '',
    by.length ? part('By push service', table('By push service', ['Service', 'Accepted', 'Waiting', 'Skipped', 'Gone', 'Failed'], by)) : '',
    part(say({ one: 'The article’s alert', other: 'The article’s {n} alerts' }, { n: editions.length }), table('By title', ['Title', 'Edition', 'Accepted', 'Shown', 'Opened', 'Of those shown'], titles)),
  ].filter(Boolean);
}

/**
 * @param {string} title
 * @param {...Node} content
 */
const part = (title, ...content) => el('section', {}, el('h4', {}, title), ...content);
