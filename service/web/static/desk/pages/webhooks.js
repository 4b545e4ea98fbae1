// The webhooks of a site: which systems are told what, and whether they hear it.

import { button, el } from '../../widgets/dom.js';
import { call } from '../calls.js';
import { card, showSecret } from './webhook-card.js';
import { fields } from './webhook-fields.js';

/** @typedef {import('../types.js').Session} Session */
/** @typedef {import('./webhook-types.js').Webhook} Webhook */

export const WEBHOOKS = 'v1/moderation/webhooks';
const DOCUMENTED = 'https://www.standardwebhooks.com';

/** @param {unknown} error */
const said = (error) => (error instanceof Error ? error.message : String(error));

/**
 * Fills `root` with the page; it stops with `signal`.
 * @param {HTMLElement} root
 * @param {{ session: Session, signal: AbortSignal, site?: string }} given `site` '' or left out: the
 *   editor's first, with a choice of the others
 */
export async function show(root, { session, signal, site }) {
  const slug = site || session.sites[0]?.slug;
  if (!slug) {
    root.replaceChildren(el('p', { class: 'plain' }, 'You are a member of no site.'));
    return;
  }
  if (session.moderator.role !== 'editor') {
    root.replaceChildren(el('p', { class: 'plain' }, 'Editors set up webhooks.'));
    return;
  }
  root.replaceChildren(el('p', { class: 'loading' }, 'Loading the webhooks …'));
  try {
    const { items } = await call('GET', `${WEBHOOKS}?site=${encodeURIComponent(slug)}`);
    if (!signal.aborted) root.replaceChildren(page(slug, items, signal, choice(root, session, signal, slug, !site)));
  } catch (error) {
    if (signal.aborted) return;
    const again = button('retry', 'Try again', () => show(root, { session, signal, site }), { class: 'link' });
    root.replaceChildren(el('p', { class: 'alert', role: 'alert' }, said(error), ' ', again));
  }
}

/**
 * @param {HTMLElement} root
 * @param {Session} session
 * @param {AbortSignal} signal
 * @param {string} slug
 * @param {boolean} choosing whether the page itself lets one choose the site
 */
function choice(root, session, signal, slug, choosing) {
  if (!choosing || session.sites.length < 2) return;
  const select = el('select', { 'aria-label': 'Site' }, ...session.sites.map((one) => el('option', { value: one.slug, selected: one.slug === slug }, one.name)));
  select.onchange = () => {
    // First, and so the one that is shown.
    const ordered = [...session.sites].sort((a, b) => Number(b.slug === select.value) - Number(a.slug === select.value));
    show(root, { session: { ...session, sites: ordered }, signal });
  };
  return select;
}

/**
 * @param {string} slug
 * @param {Webhook[]} items
 * @param {AbortSignal} signal
 * @param {HTMLElement | undefined} sites
 */
function page(slug, items, signal, sites) {
  const none = el('div', { class: 'empty' }, el('h3', {}, 'No webhooks yet'), el('p', {}, 'Add one to tell your own systems what happens here.'));
  const list = el('ul', { class: 'webhooks', 'aria-label': 'Webhooks' });
  const count = () => void (none.hidden = list.childElementCount > 0);
  /** @param {Webhook} webhook */
  const item = (webhook) => {
    const node = card(webhook, signal, () => {
      node.remove();
      count();
      list.focus();
    });
    return node;
  };
  list.tabIndex = -1;
  list.append(...items.map(item));
  count();
  return el(
    'div',
    { class: 'webhooks-page' },
    el(
      'header',
      {},
      el('div', { class: 'policy-head' }, el('h2', {}, 'Webhooks'), sites),
      el(
        'p',
        { class: 'quiet about' },
        'Other systems are told at once, and again until they have heard it. Messages are signed as ',
        el('a', { href: DOCUMENTED, rel: 'noreferrer', target: '_blank' }, 'Standard Webhooks'),
        ' says, and hold no e-mail or network addresses.',
      ),
    ),
    adding(slug, (webhook, secret) => {
      const added = item(webhook);
      list.prepend(added);
      count();
      showSecret(added.querySelector('.notices'), secret);
      added.scrollIntoView({ block: 'nearest' });
    }),
    list,
    none,
  );
}

/**
 * @param {string} slug
 * @param {(webhook: Webhook, secret: string) => void} added
 */
function adding(slug, added) {
  const form = fields('Add', { url: '', events: ['comment.created', 'comment.decided'] }, async (given) => {
    const made = await call('POST', `${WEBHOOKS}?site=${encodeURIComponent(slug)}`, given);
    box.open = false;
    form.clear();
    added(made.webhook, made.secret);
  });
  const box = el('details', { class: 'adding' }, el('summary', {}, 'Add a webhook'), form.node);
  box.addEventListener('toggle', () => box.open && form.node.querySelector('input')?.focus());
  return box;
}
