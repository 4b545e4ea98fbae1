// How a site's readers sign in: whose tokens are believed, by which keys, and a token to try.

import { button, el } from '../../widgets/dom.js';
import { call } from '../calls.js';
import { time } from '../saying.js';
import { alertBox, ask, changes, doing, field, head, loaded, secret, tick } from './parts.js';

/**
 * @typedef {{ id: string, algorithm: string, kid: string | null, created_at: string, created_by: string | null }} Key
 * @typedef {{ on: boolean, required: boolean, issuer: string | null, audience: string | null, jwks_url: string | null, keys: Key[] }} Settings
 * @typedef {{ reader: { subject: string, name: string, email: string | null, badge: string | null } | null, refused: string | null, header: object, claims: object }} Tried
 * @typedef {{ slug: string, name: string }} Site
 */

/**
 * Shows the page in `root`, until `back` is asked for.
 * @param {HTMLElement} root
 * @param {Site} site
 * @param {AbortSignal} signal
 * @param {() => void} back
 */
export async function show(root, site, signal, back) {
  const where = `v1/moderation/sites/${encodeURIComponent(site.slug)}/sign-in`;
  const body = el('div', { class: 'accounts' });
  const alert = alertBox();
  const news = el('p', { class: 'told', role: 'status' });
  const again = () => loaded(body, signal, () => call('GET', where), render);
  /** @param {string} text @param {() => Promise<unknown>} work */
  const change = (text, work) =>
    doing(alert, async () => {
      news.textContent = '';
      if ((await work()) === false) return;
      await again();
      news.textContent = text;
    });

  /** @param {Settings} settings */
  const render = (settings) => [
    el('p', { class: 'state' }, el('span', { class: `badge ${settings.on ? 'good' : ''}` }, stateOf(settings))),
    settingsForm(where, settings, change),
    keysPart(where, settings, change),
    tryPart(where),
    settings.on &&
      el('section', {}, button('off', 'Turn it off', () => change('Readers write with name and e-mail address again.', () => turnOff(where, site)), { class: 'act reject' })),
  ].filter((part) => part instanceof Node);

  const about = 'Readers who are signed in at your own site can write without giving name and e-mail address: your site hands over a token (a JWT) that says who they are.';
  const leave = button('back', 'All sites', back, { class: 'act' });
  root.replaceChildren(el('div', { class: 'accounts reader-sign-in' }, head(`Readers’ sign-in: ${site.name}`, about, leave), alert, news, body));
  leave.focus();
  await again();
}

/** @param {Settings} settings */
const stateOf = ({ on, required }) => (!on ? 'Off: readers give name and e-mail address' : required ? 'Required: only readers who have signed in may comment' : 'On: readers may sign in');

/** @typedef {(text: string, work: () => Promise<unknown>) => void} Change */

/**
 * @param {string} where
 * @param {Settings} settings
 * @param {Change} change
 */
function settingsForm(where, settings, change) {
  /** @param {string} name @param {string | null} value @param {Record<string, unknown>} [more] */
  const input = (name, value, more) => el('input', { name, value: value ?? '', maxlength: 500, spellcheck: 'false', autocapitalize: 'none', ...more });
  const form = el(
    'form',
    { class: 'ask', name: 'settings' },
    el('h3', {}, 'Which tokens are believed'),
    field('Issuer', input('issuer', settings.issuer, { placeholder: 'https://news.example' }), 'What a token’s iss must be. Empty: it isn’t looked at.'),
    field('Audience', input('audience', settings.audience, { placeholder: 'comments' }), 'What a token’s aud must be or hold. Empty: it isn’t looked at.'),
    field('Address of your public keys', input('jwks_url', settings.jwks_url, { type: 'url', maxlength: 2000, placeholder: 'https://id.news.example/.well-known/jwks.json' }), 'A JWKS with Ed25519 keys. It is read again every ten minutes, and needs an audience. Empty: only the keys below.'),
    tick('required', 'Only readers who have signed in may comment', settings.required),
    el('div', { class: 'ask-do' }, el('button', { type: 'submit', class: 'act publish' }, 'Save')),
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    const data = new FormData(form);
    /** @param {string} name */
    const text = (name) => String(data.get(name)).trim() || null;
    const given = { issuer: text('issuer'), audience: text('audience'), jwks_url: text('jwks_url'), required: data.has('required') };
    change('Saved.', () => call('PATCH', where, changes({ ...settings }, given)));
  };
  return el('section', { class: 'adding' }, form);
}

/**
 * @param {string} where
 * @param {Settings} settings
 * @param {Change} change
 */
function keysPart(where, { keys }, change) {
  const nameOf = (/** @type {Key} */ key) => (key.algorithm === 'HS256' ? 'Shared secret' : 'Public key');
  const remove = (/** @type {Key} */ key) =>
    change('Removed.', async () => {
      if (!confirm(`Remove this ${nameOf(key).toLowerCase()}? Tokens that it signed are believed no more, at once.`)) return false;
      return call('DELETE', `${where}/keys/${key.id}`);
    });
  const list = keys.map((key) =>
    el(
      'li',
      { 'data-key': key.id },
      el('div', { class: 'row-main' }, el('b', {}, nameOf(key)), el('span', { class: 'quiet' }, key.algorithm)),
      el('div', {}, key.kid && el('code', {}, key.kid)),
      el('div', { class: 'quiet' }, 'Added ', time(key.created_at), ` by ${key.created_by ?? 'the command line'}`),
      el('div', { class: 'row-do' }, button('remove', 'Remove', () => remove(key), { class: 'act reject', 'aria-label': `Remove the ${nameOf(key).toLowerCase()} ${key.kid ?? ''}`.trim() })),
    ),
  );
  return el(
    'section',
    {},
    el('h3', {}, 'Keys'),
    list.length ? el('ul', { class: 'rows' }, ...list) : el('p', { class: 'quiet none' }, 'There is no key yet. A shared secret is the simplest; a public key is safer where several people run your site.'),
    el(
      'div',
      { class: 'with-buttons' },
      button('add-secret', 'Add a shared secret', () => change('Added.', () => addSecret(where)), { class: 'act' }),
      button('add-public', 'Add public keys', () => change('Added.', () => addPublic(where)), { class: 'act' }),
    ),
    el('p', { class: 'quiet' }, 'To change a secret, add the new one, have your site sign with it, then remove the old one: two are believed at once.'),
  );
}

/** @param {string} where */
const addSecret = (where) =>
  ask(
    'Add a shared secret',
    [field('Secret', el('input', { name: 'secret', maxlength: 512, autocomplete: 'off', spellcheck: 'false', class: 'secret' }), 'Leave it empty to have one made here. Your own has at least 32 characters.')],
    'Add',
    async (form) => {
      const given = String(new FormData(form).get('secret'));
      const made = await call('POST', `${where}/keys`, given ? { secret: given } : {});
      return made.secret && secret('The secret', made.secret, 'It is shown this once. Your site signs tokens with it, by HS256, on the server: it must never be in a page.');
    },
  );

/** @param {string} where */
const addPublic = (where) =>
  ask(
    'Add public keys',
    [field('Public keys', el('textarea', { name: 'public', rows: 8, required: true, spellcheck: 'false', placeholder: '-----BEGIN PUBLIC KEY-----' }), 'Ed25519, as PEM, JWK or JWKS. Never the private half.')],
    'Add',
    async (form) => {
      await call('POST', `${where}/keys`, { public: new FormData(form).get('public') });
    },
  );

/**
 * @param {string} where
 * @param {Site} site
 */
async function turnOff(where, site) {
  if (!confirm(`Forget every key and setting of readers’ sign-in at ${site.name}?`)) return false;
  return call('DELETE', where);
}

/** @param {string} where */
function tryPart(where) {
  const result = el('div', { class: 'tried', role: 'status' });
  const alert = alertBox();
  const token = el('textarea', { name: 'token', rows: 4, required: true, spellcheck: 'false', autocapitalize: 'none', placeholder: 'eyJhbGciOi…' });
  const form = el('form', { class: 'ask', name: 'try' }, el('h3', {}, 'Try a token'), field('Token', token, 'What your site would hand over. It is not kept.'), alert, el('div', { class: 'ask-do' }, el('button', { type: 'submit', class: 'act' }, 'Try it')), result);
  form.onsubmit = (event) => {
    event.preventDefault();
    result.replaceChildren();
    doing(alert, async () => result.replaceChildren(...said(await call('POST', `${where}/try`, { token: token.value }))));
  };
  return el('section', { class: 'adding' }, form);
}

/** @param {Tried} tried */
function said({ reader, refused, header, claims }) {
  const lines = reader
    ? [['Name', reader.name], ['Badge', reader.badge ?? 'none'], ['E-mail address', reader.email ?? 'none, or not verified'], ['Known by (sub)', reader.subject]]
    : [];
  return [
    el('p', { class: refused ? 'told bad' : 'told' }, refused ?? 'Believed. The reader is:'),
    ...lines.map(([name, value]) => el('p', { class: 'read' }, el('span', { class: 'quiet' }, name), ' ', el('bdi', {}, value))),
    el('details', {}, el('summary', {}, refused ? 'What is written in it, believed or not' : 'What is written in it'), el('pre', {}, JSON.stringify({ ...header, ...{ claims } }, null, 2))),
  ];
}
