// One comment at the desk: the text first, then who, then why it is here, then what to do.

import { button, el } from '../widgets/dom.js';
import { isWorst, marked } from './marks.js';
import { time } from './saying.js';
import { reasons, scores } from './signals.js';

/**
 * @typedef {import('./types.js').Item} Item
 * @typedef {import('./types.js').Action} Action
 * @typedef {(item: Item, action: Action, reason?: string) => void} Decide decides; a rejection without a reason asks for one
 */

/** @type {Record<string, string>} */
export const STATUS = {
  published: 'Published',
  held: 'Held',
  rejected: 'Rejected',
  spam: 'Spam',
  removed: 'Removed by its author',
};

/**
 * @param {Item} item
 * @param {Decide} decide
 */
export function card(item, decide) {
  const id = `c-${item.id}`;
  return el(
    'article',
    { class: 'card', id, tabindex: -1, 'aria-labelledby': item.contested ? `${id}-by ${id}-by-contested` : `${id}-by`, 'data-status': item.status, 'data-veiled': isWorst(item), 'data-busy': item.claim && !item.claim.own },
    el('div', { class: 'main' }, byline(item, `${id}-by`), marked(item), isWorst(item) && unveil(), about(item)),
    why(item),
    actions(item, decide),
    el('p', { class: 'own-note', hidden: true }),
    el('div', { class: 'outcome', role: 'status' }),
  );
}

/**
 * @param {Item} item
 * @param {string} id
 */
function byline(item, id) {
  const { confirmed, published = 0, refused = 0, held = 0 } = item.reader ?? {};
  const record = [
    confirmed ? 'confirmed' : 'unconfirmed',
    `${published} published`,
    refused && `${refused} refused`,
    held > 1 && `${held} waiting`,
  ].filter(Boolean);
  return el(
    'header',
    { class: 'by' },
    el('bdi', { class: 'name', id }, item.author.name),
    el('bdi', { class: 'email' }, item.email),
    el('span', { class: 'record' }, record.join(' · ')),
    item.contested && el('span', { class: 'badge contested', id: `${id}-contested` }, 'contested by its author'),
    item.campaign && el('span', { class: 'badge' }, `campaign of ${item.campaign.size}`),
    item.claim && !item.claim.own && busy(item.claim.moderator),
  );
}

/** @param {string} who */
const busy = (who) => el('span', { class: 'badge busy' }, `${who} is looking at this`);

/**
 * Who is looking at a card's comment from now on, beside oneself.
 * @param {HTMLElement} node
 * @param {string | null} who
 */
export function occupy(node, who) {
  node.toggleAttribute('data-busy', who !== null);
  node.querySelector('.badge.busy')?.remove();
  if (who !== null) node.querySelector('.by')?.append(busy(who));
}

/** Where there is no room beside the list, this opens what would stand there. */
function context() {
  const ask = (/** @type {Event} */ event) => event.currentTarget?.dispatchEvent(new CustomEvent('context', { bubbles: true }));
  return button('context', 'Thread, reader', ask, { class: 'act context', 'aria-keyshortcuts': 'i' });
}

function unveil() {
  const open = (/** @type {Event} */ event) =>
    /** @type {HTMLElement} */ (event.target).closest('.card')?.removeAttribute('data-veiled');
  const show = button('unveil', 'Show this comment', open, { class: 'link unveil', 'aria-keyshortcuts': 'b' });
  show.append(' ', el('kbd', { 'aria-hidden': 'true' }, 'b'));
  return show;
}

/** @param {Item} item */
function about(item) {
  const { title, key, url } = item.article ?? {};
  const safe = /^https?:/.test(url ?? '');
  const name = title || key;
  return el(
    'p',
    { class: 'about' },
    time(item.created_at),
    item.parent_id ? ' in reply, on ' : ' on ',
    safe ? el('a', { href: url, target: '_blank', rel: 'noopener noreferrer' }, name) : name,
    item.edited_at && ' · edited',
  );
}

/**
 * A line of the list: words, and a bar with its number where there is a score.
 * @param {string} weight
 * @param {string} text
 * @param {number} [score]
 */
function line(weight, text, score) {
  if (score === undefined) return el('li', { class: weight }, el('span', {}, text));
  const bar = el('i', { class: score >= 0.8 ? 'bar high' : score >= 0.5 ? 'bar mid' : 'bar', 'aria-hidden': 'true' });
  bar.style.setProperty('--score', String(score));
  const shown = el('data', { value: score, title: String(score) }, (Math.floor(score * 100) / 100).toFixed(2));
  return el('li', { class: weight }, el('span', {}, text), bar, shown);
}

/** @param {Item} item */
function why(item) {
  const found = reasons(item);
  const all = scores(item);
  const reports = (item.reports ?? 0) - (item.contested ? 1 : 0);
  const decided = item.contested || found.some((reason) => reason.weight !== 'note');
  return el(
    'section',
    { class: 'why' },
    el('h2', {}, decided ? 'Why it is here' : 'What the checks noted'),
    el(
      'ul',
      {},
      item.contested && line('hold', 'its author asks for a second look'),
      reports > 0 && line('hold', reports === 1 ? 'reported by a reader' : `reported by ${reports} readers`),
      ...found.map(({ text, weight, score }) => line(weight, text, score)),
      !found.length && !reports && !item.contested && line('note', 'nothing'),
    ),
    all.length > 0 &&
      el(
        'details',
        {},
        el('summary', {}, 'All scores'),
        el('ul', {}, ...all.map(({ name, score }) => line('note', name, score))),
      ),
  );
}

/**
 * @param {Item} item
 * @param {Decide} decide
 */
function actions(item, decide) {
  const all = item.campaign && item.campaign.decided > 1 && item.campaign.decided;
  /** @type {(name: Action, text: string, key: string) => HTMLElement} */
  const action = (name, text, key) => {
    const act = button(name, text, () => decide(item, name), {
      class: `act ${name}`,
      'aria-keyshortcuts': key,
    });
    act.append(el('kbd', { 'aria-hidden': 'true' }, key));
    return act;
  };
  return el(
    'div',
    { class: 'actions', role: 'group', 'aria-label': 'Decide' },
    item.status !== 'published' && action('publish', all ? `Publish all ${all}` : 'Publish', 'f'),
    item.status !== 'rejected' && action('reject', all ? `Reject all ${all} …` : 'Reject …', 'd'),
    item.status !== 'spam' && action('spam', all ? `All ${all} are spam` : 'Spam', 's'),
    item.status !== 'held' && action('hold', 'Hold', 'h'),
    context(),
    el('label', { class: 'pick' }, el('input', { type: 'checkbox', name: 'pick' }), el('span', {}, 'Select'), el('kbd', { 'aria-hidden': 'true' }, 'x')),
  );
}
