// Publishers' keys of a site: what each may do, and how much it does.

import { button, el } from '../../widgets/dom.js';
import { call } from '../calls.js';
import { say, time } from '../saying.js';
import { editKey, examples, isGone, makeKey, nameOf, scores } from './keys-forms.js';
import { alertBox, doing, head, loaded } from './parts.js';

/** @typedef {import('./parts.js').Given} Given */
/** @typedef {import('./keys-types.js').Key} Key */
/** @typedef {{ open: (key: Key) => void, edit: (key: Key) => void, revoke: (key: Key) => void }} Acts */

const KEYS = 'v1/moderation/keys';

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
  const news = el('p', { class: 'told', role: 'status' });
  const where = () => `${KEYS}?site=${encodeURIComponent(slug)}`;
  const again = () => loaded(list, signal, () => call('GET', where()), ({ items }) => [rows(items, acts)]);
  /** @type {Acts} */
  const acts = {
    open: (key) => doing(alert, async () => {
      const page = await import('./keys-view.js');
      if (signal.aborted) return;
      const back = async () => {
        await show(root, { session, signal, site: slug });
        const opener = root.querySelector(`[data-key="${key.id}"] [name=view]`) ?? root.querySelector('[name=add]');
        opener?.scrollIntoView({ block: 'nearest' });
        /** @type {HTMLElement | null} */ (opener)?.focus();
      };
      await page.show(root, { key, list: where(), path: `${KEYS}/${key.id}` }, signal, back);
    }),
    edit: (key) => editKey(`${KEYS}/${key.id}`, key).then(again),
    revoke: (key) =>
      doing(alert, async () => {
        news.textContent = '';
        if (!confirm(`Revoke ${key.label || 'this key'}? Whatever uses it stops working at once.`)) return;
        try {
          await call('DELETE', `${KEYS}/${key.id}`);
        } catch (error) {
          if (!isGone(error)) throw error;
          news.textContent = 'Somebody else has revoked it already.';
        }
        await again();
        if (!list.querySelector('button')) add.focus();
      }),
  };
  const choice = sites.length > 1 && el('select', { 'aria-label': 'Site', name: 'key-site' }, ...sites.map((one) => el('option', { value: one.slug, selected: one.slug === slug }, one.name)));
  if (choice) {
    choice.onchange = () => {
      slug = choice.value;
      again();
    };
  }
  const add = button('add', 'Make a key', async () => (await makeKey(where())) && again(), { class: 'act publish' });
  root.replaceChildren(
    el('div', { class: 'accounts' }, head('API keys', 'With a key the newspaper’s own system registers articles, sends alerts and has texts scored.', choice || undefined, add), alert, news, list),
  );
  await again();
}

/**
 * @param {Key[]} keys
 * @param {Acts} acts
 */
function rows(keys, acts) {
  if (!keys.length) return el('p', { class: 'quiet none' }, 'This site has no key yet.');
  return el('ul', { class: 'rows keys', 'aria-label': 'Keys' }, ...keys.map((key) => row(key, acts)));
}

/**
 * @param {Key} key
 * @param {Acts} acts
 */
function row(key, { open, edit, revoke }) {
  const name = nameOf(key);
  const limit = key.quota === null ? 'As many requests as it likes' : say({ one: '{n} request a minute', other: '{n} requests a minute' }, { n: key.quota });
  const use = [
    el('p', {}, limit, key.keeps ? ' · stores texts' : ''),
    el('p', {}, say({ one: '{n} call in 30 days', other: '{n} calls in 30 days' }, { n: key.calls })),
    el('p', {}, `${examples(key.examples)}, `, el('span', { class: key.trusted ? 'trusted' : '' }, key.trusted ? 'trusted' : 'not trusted')),
  ];
  return el(
    'li',
    { 'data-key': key.id },
    el(
      'div',
      { class: 'key-main' },
      el('div', { class: 'row-main' }, el('b', { dir: 'auto' }, key.label || 'No label'), el('span', { class: 'quiet' }, key.scopes.join(', '))),
      el('p', { class: 'quiet' }, 'Made ', time(key.created_at), ` by ${key.created_by ?? 'the command line'}`),
      el('p', { class: 'quiet' }, ...(key.last_used_at ? ['Last used ', time(key.last_used_at)] : ['Never used'])),
    ),
    el('div', { class: 'key-use' }, ...(scores(key) ? use : [])),
    el(
      'div',
      { class: 'row-do' },
      scores(key) && button('view', 'Examples and use', () => open(key), { class: 'act', 'aria-label': `Examples and use of ${name}` }),
      button('edit', 'Edit', () => edit(key), { class: 'act', 'aria-label': `Edit ${name}` }),
      button('revoke', 'Revoke', () => revoke(key), { class: 'act reject', 'aria-label': `Revoke ${name}` }),
    ),
  );
}
