// Feeds that a site's articles, and their alerts, come from: for its editors.

import { button, el } from '../../widgets/dom.js';
import { call } from '../calls.js';
import { say, time } from '../saying.js';
import { number } from './alerts-figures.js';
import { alertBox, ask, doing, field, loaded } from './parts.js';

/** @typedef {import('./alerts-types.js').Feed} Feed */

const FEEDS = 'v1/moderation/feeds';
const SOON = 2000; // milliseconds until the first look while one is about to be polled, then twice as many
/** @type {Record<NonNullable<Feed['format']>, string>} */
const FORMATS = { rss: 'RSS', atom: 'Atom', json: 'JSON Feed', sitemap: 'news sitemap' };

/**
 * A part of the page that is loaded once it is opened.
 * @param {string} slug
 * @param {AbortSignal} signal
 */
export function feeds(slug, signal) {
  const address = `${FEEDS}?site=${encodeURIComponent(slug)}`;
  const problem = alertBox();
  const status = el('p', { class: 'unseen', role: 'status' });
  const list = el('div', {});
  let timer = 0;
  const load = (wait = SOON) => loaded(list, signal, () => call('GET', address), ({ items }) => {
    clearTimeout(timer);
    if (box.open && items.some(isDue)) timer = setTimeout(load, wait, wait * 2);
    return [items.length ? el('ul', { class: 'rows feeds', 'aria-label': 'Feeds' }, ...items.map(row)) : el('p', { class: 'empty' }, 'No feed is polled.')];
  });
  const add = button('add-feed', 'Add a feed', () => doing(problem, async () => {
    if (await askFeed(address)) await load();
    add.focus();
  }), { class: 'act' });
  const about = el('p', { class: 'quiet' }, 'For a site whose system doesn’t call the API. New entries become articles and, if you wish, alerts; what a feed holds when it is added alerts nobody.');
  const box = el('details', { class: 'alerts-aside' }, el('summary', {}, 'Feeds that alerts come from'), el('div', { class: 'aside-body' }, about, problem, list, el('div', { class: 'alert-do' }, add), status));
  box.ontoggle = () => box.open && load();
  signal.addEventListener('abort', () => clearTimeout(timer));
  return box;

  /** @param {Feed} feed */
  function row(feed) {
    const name = feed.title || new URL(feed.url).host;
    const toggle = button('feed-alert', feed.alert ? 'Stop alerts' : 'Alert new entries', () => doing(problem, async () => {
      await call('POST', address, { url: feed.url, alert: !feed.alert });
      await load();
      status.textContent = feed.alert ? `New entries of ${name} become articles only.` : `New entries of ${name} are alerted, too.`;
    }), { class: 'act', 'aria-label': `${feed.alert ? 'Stop alerts' : 'Alert new entries'}: ${name}` });
    const again = feed.stopped && button('feed-again', 'Start again', () => doing(problem, async () => {
      await call('POST', address, { url: feed.url, alert: feed.alert });
      await load();
    }), { class: 'act', 'aria-label': `Start again: ${name}` });
    const remove = button('feed-remove', 'Remove', () => doing(problem, async () => {
      if (!confirm(`Remove the feed ${name}? Its articles and alerts stay.`)) return;
      await call('DELETE', `${FEEDS}/${feed.id}`);
      await load();
      status.textContent = `Removed: ${name}.`;
      add.focus();
    }), { class: 'act reject', 'aria-label': `Remove: ${name}` });
    return el(
      'li',
      { 'data-feed': feed.url },
      el('div', {}, el('b', { dir: 'auto' }, name), ' ', badge(feed), el('p', { class: 'quiet' }, el('a', { href: feed.url, target: '_blank', rel: 'noopener noreferrer' }, feed.url))),
      el('div', { class: 'feed-state' }, ...facts(feed)),
      el('div', { class: 'alert-do' }, again, toggle, remove),
    );
  }
}

/** @param {Feed} feed whether it is polled about now */
const isDue = ({ next_poll_at: next }) => next !== null && Date.parse(next) <= Date.now();

/** @param {Feed} feed */
function badge({ stopped, last_error: error, alert }) {
  if (stopped) return el('span', { class: 'badge bad' }, 'Stopped');
  if (error) return el('span', { class: 'badge wait' }, 'Failing');
  return el('span', { class: 'badge' }, alert ? 'Articles and alerts' : 'Articles');
}

/** @param {Feed} feed */
function facts(feed) {
  const { format, entries, last_error: error, last_poll_at: last, next_poll_at: next, refused, refused_url: sample, notice, noticed_at: noticed, websub } = feed;
  const what = [format && FORMATS[format], say({ one: '{n} entry', other: '{n} entries' }, { n: entries }), websub?.state === 'active' && 'told by its hub'].filter(Boolean).join(' · ');
  return [
    el('p', {}, what),
    el('p', { class: 'quiet' }, ...(last ? ['Polled ', time(last)] : ['Not polled yet']), ...(isDue(feed) ? [', being polled'] : next ? [', again ', time(next)] : [])),
    error && el('p', { class: 'feed-error' }, error),
    refused > 0 && el('p', { class: 'quiet' }, `${number.format(refused)} of its entries can’t be taken${sample ? `, such as ${sample}` : ''}: is its address on the site’s list?`),
    notice && el('p', { class: 'quiet' }, notice, ...(noticed ? [' (', time(noticed), ')'] : [])),
  ];
}

/**
 * @param {string} address
 * @returns {Promise<boolean>} whether one was added
 */
function askFeed(address) {
  const url = el('input', { name: 'url', type: 'url', required: true, maxlength: 2000, placeholder: 'https://', spellcheck: 'false', autocomplete: 'off' });
  const alert = el('input', { type: 'checkbox', name: 'alert' });
  return ask(
    'Add a feed',
    [field('Address', url, 'RSS, Atom, JSON Feed or a news sitemap.'), el('label', { class: 'check' }, alert, el('span', {}, 'Alert its new entries', el('small', {}, 'At most three at a time and ten a day.')))],
    'Add',
    async () => {
      await call('POST', address, { url: url.value.trim(), alert: alert.checked });
    },
  );
}
