// What was sent to a webhook, what waits, and what could not be delivered.

import { button, el } from '../../widgets/dom.js';
import { call } from '../calls.js';
import { time } from '../saying.js';
import { nameOf } from './webhook-fields.js';

/** @typedef {import('./webhook-types.js').Delivery} Delivery */

const PAGE = 20;
/** @type {[value: string, text: string][]} */
const STATES = [
  ['dead', 'could not be delivered'],
  ['pending', 'waiting'],
  ['delivered', 'delivered in the last days'],
];

/**
 * @param {string} own the webhook's address in the API
 * @param {AbortSignal} signal
 * @param {() => Promise<void>} changed
 */
export function deliveries(own, signal, changed) {
  const figure = el('summary', {});
  const choice = el('select', { 'aria-label': 'Which messages' }, ...STATES.map(([value, text]) => el('option', { value }, text)));
  const all = button('all', 'Send all of them again', () => act(`${own}/retry`), { class: 'act' });
  const rows = el('ul', { class: 'deliveries' });
  const more = button('more', 'Older ones', () => load(true), { class: 'link', hidden: true });
  const problem = el('p', { class: 'alert', role: 'alert', hidden: true });
  const node = el('details', { class: 'messages' }, figure, el('div', { class: 'tools' }, choice, all), problem, rows, more);
  /** @type {string | null} */
  let cursor = null;
  let waiting = 0;
  let dead = 0;

  /** @param {unknown} error */
  const tell = (error) => {
    problem.textContent = error instanceof Error ? error.message : String(error);
    problem.hidden = false;
  };
  /** @param {boolean} [further] */
  const load = async (further = false) => {
    problem.hidden = true;
    const query = new URLSearchParams({ state: choice.value, limit: String(PAGE), ...(further && cursor ? { cursor } : {}) });
    try {
      const found = await call('GET', `${own}/deliveries?${query}`);
      if (signal.aborted) return;
      cursor = found.next_cursor;
      const shown = found.items.map(row);
      if (further) rows.append(...shown);
      else rows.replaceChildren(...shown);
      if (!rows.childElementCount) rows.replaceChildren(el('li', { class: 'quiet' }, 'None.'));
      more.hidden = !cursor;
      all.hidden = choice.value !== 'dead' || !found.items.length;
    } catch (error) {
      tell(error);
    }
  };
  /** @param {string} path */
  const act = async (path) => {
    try {
      await call('POST', path);
      await Promise.all([load(), changed()]);
      choice.focus();
    } catch (error) {
      tell(error);
    }
  };
  /** @param {Delivery} one */
  const row = (one) => {
    const tries = one.attempts === 1 ? 'one attempt' : `${one.attempts} attempts`;
    return el(
      'li',
      {},
      el('span', { class: 'what' }, el('b', {}, nameOf(one.kind)), ' ', time(one.created_at)),
      el('span', { class: 'quiet' }, one.last_error ?? (one.last_status ? `answered ${one.last_status}` : ''), one.attempts ? ` (${tries})` : ''),
      one.state === 'dead' && button('again', 'Send again', () => act(`${own}/deliveries/${one.id}/retry`), { class: 'link', 'aria-label': `Send again: ${nameOf(one.kind)}` }),
    );
  };
  choice.onchange = () => load();
  node.addEventListener('toggle', () => {
    if (!node.open) return;
    choice.value = dead ? 'dead' : waiting ? 'pending' : 'delivered';
    load();
  });
  return {
    node,
    /**
     * @param {number} stillWaiting
     * @param {number} undelivered
     */
    count: (stillWaiting, undelivered) => {
      waiting = stillWaiting;
      dead = undelivered;
      const parts = [dead && `${dead} could not be delivered`, waiting && `${waiting} waiting`].filter(Boolean);
      figure.textContent = parts.length ? `Messages: ${parts.join(', ')}` : 'Messages';
      figure.classList.toggle('bad', dead > 0);
    },
  };
}
