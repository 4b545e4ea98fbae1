// Publishers' keys of a site.

import { button, el } from '../../widgets/dom.js';
import { call } from '../calls.js';
import { time } from '../saying.js';
import { alertBox, ask, doing, field, head, loaded, secret, tick } from './parts.js';

/** @typedef {import('./parts.js').Given} Given */
/** @typedef {{ id: string, scopes: string[], label: string, created_at: string, created_by: string | null, last_used_at: string | null }} Key */

const KEYS = 'v1/moderation/keys';
/** @type {Record<string, string>} */
const SCOPES = { publish: 'Publish: register articles, send alerts', classify: 'Classify: score texts' };

/**
 * Fills `root` with the page; it stops with `signal`.
 * @param {HTMLElement} root
 * @param {Given} given
 */
export async function show(root, { session, signal, site }) {
  const { sites } = session;
  let slug = site || sites[0]?.slug;
  if (!slug) {
    root.replaceChildren(el('p', { class: 'plain' }, 'You are a member of no site.'));
    return;
  }
  const list = el('div');
  const alert = alertBox();
  const where = () => `${KEYS}?site=${encodeURIComponent(slug)}`;
  const again = () => loaded(list, signal, () => call('GET', where()), ({ items }) => [rows(items, revoke)]);
  /** @param {Key} key */
  const revoke = (key) =>
    doing(alert, async () => {
      if (!confirm(`Revoke ${key.label || 'this key'}? Whatever uses it stops working at once.`)) return;
      await call('DELETE', `${KEYS}/${key.id}`);
      await again();
    });
  const choice = sites.length > 1 && el('select', { 'aria-label': 'Site', name: 'key-site' }, ...sites.map((one) => el('option', { value: one.slug, selected: one.slug === slug }, one.name)));
  if (choice) {
    choice.onchange = () => {
      slug = choice.value;
      again();
    };
  }
  const add = button('add', 'Make a key', async () => (await makeKey(where())) && again(), { class: 'act publish' });
  root.replaceChildren(
    el('div', { class: 'accounts' }, head('API keys', 'With a key the newspaper’s own system registers articles, sends alerts and has texts scored.', choice || undefined, add), alert, list),
  );
  await again();
}

/**
 * @param {Key[]} keys
 * @param {(key: Key) => void} revoke
 */
function rows(keys, revoke) {
  if (!keys.length) return el('p', { class: 'quiet none' }, 'This site has no key yet.');
  return el(
    'ul',
    { class: 'rows' },
    ...keys.map((key) =>
      el(
        'li',
        {},
        el('div', { class: 'row-main' }, el('b', {}, key.label || 'No label'), el('span', { class: 'quiet' }, key.scopes.join(', '))),
        el('div', { class: 'quiet' }, 'Made ', time(key.created_at), ` by ${key.created_by ?? 'the command line'}`),
        el('div', { class: 'quiet' }, ...(key.last_used_at ? ['Last used ', time(key.last_used_at)] : ['Never used'])),
        el('div', { class: 'row-do' }, button('revoke', 'Revoke', () => revoke(key), { class: 'act reject', 'aria-label': `Revoke ${key.label || 'the key without a label'}` })),
      ),
    ),
  );
}

/** @param {string} where */
function makeKey(where) {
  return ask(
    'Make a key',
    [
      field('Label', el('input', { name: 'label', maxlength: 100, required: true, placeholder: 'Website' }), 'What it is for, so that you know it when it must go.'),
      el('fieldset', {}, el('legend', {}, 'It may'), ...Object.entries(SCOPES).map(([scope, text]) => tick('scope', text, true, { value: scope }))),
    ],
    'Make it',
    async (form) => {
      const data = new FormData(form);
      const scopes = data.getAll('scope');
      if (!scopes.length) throw new Error('Tick at least one of the two.');
      const made = await call('POST', where, { label: data.get('label'), scopes });
      return secret('The key', made.token, 'It is shown this once. Keep it where the newspaper’s system keeps its secrets.');
    },
  );
}
