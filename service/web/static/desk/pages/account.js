// One's own account: password, sessions, API tokens.

import { button, el } from '../../widgets/dom.js';
import { call } from '../calls.js';
import { time } from '../saying.js';
import { alertBox, ask, doing, field, head, loaded, secret } from './parts.js';

/** @typedef {import('./parts.js').Given} Given */
/** @typedef {{ email: string, name: string, role: string, password_at: string | null, needs_current: boolean, identities: string[] }} Account */
/** @typedef {{ id: string, method: string | null, agent: string, created_at: string, last_used_at: string | null, expires_at: string, current: boolean }} Opened */
/** @typedef {{ id: string, label: string, created_at: string, last_used_at: string | null }} Token */

/** @type {Record<string, string>} */
const METHODS = { link: 'by a link', password: 'by password', openid: 'by an account elsewhere' };

/**
 * Fills `root` with the page; it stops with `signal`.
 * @param {HTMLElement} root
 * @param {Given} given
 */
export async function show(root, { session, signal }) {
  const [password, sessions, tokens] = [el('div'), el('div'), el('div')];
  const alert = alertBox();
  const again = {
    password: () => loaded(password, signal, () => call('GET', 'desk/account'), (found) => [passwordPart(found, again)]),
    sessions: () => loaded(sessions, signal, () => call('GET', 'desk/sessions'), ({ items }) => [sessionRows(items, alert, again)]),
    tokens: () => loaded(tokens, signal, () => call('GET', 'desk/tokens'), ({ items }) => [tokenRows(items, alert, again)]),
  };
  const make = button('make', 'Make a token', async () => (await makeToken()) && again.tokens(), { class: 'act' });
  const { moderator } = session;
  root.replaceChildren(
    el(
      'div',
      { class: 'accounts' },
      head(moderator.name || moderator.email, moderator.name ? moderator.email : 'Your account'),
      alert,
      part('password-title', 'Password', password),
      part('sessions-title', 'Where you are signed in', sessions),
      part('tokens-title', 'API tokens', el('p', { class: 'quiet' }, 'For scripts of yours: a token may what you may, but set no password and make no token.'), tokens, make),
    ),
  );
  await Promise.all([again.password(), again.sessions(), again.tokens()]);
}

/** @typedef {{ password: () => Promise<void>, sessions: () => Promise<void>, tokens: () => Promise<void> }} Again */

/**
 * @param {string} id
 * @param {string} title
 * @param {...Node} nodes
 */
const part = (id, title, ...nodes) => el('section', { 'aria-labelledby': id }, el('h3', { id }, title), ...nodes);

/**
 * @param {Account} account
 * @param {Again} again
 */
function passwordPart(account, again) {
  const has = account.password_at;
  const change = button('password', has ? 'Change it' : 'Set a password', async () => {
    if (!(await setPassword(account))) return;
    await again.password();
    await again.sessions();
  }, { class: 'act' });
  const remove = has && button('no-password', 'Remove it', async () => (await dropPassword(account)) && again.password(), { class: 'act' });
  return el(
    'div',
    {},
    el('p', {}, ...(has ? ['You have had this one since ', time(has), '.'] : ['You have none: you sign in by links.'])),
    account.identities.length > 0 && el('p', {}, `You can also sign in by your account at ${account.identities.map((issuer) => new URL(issuer).host).join(', ')}.`),
    el('div', { class: 'ask-do' }, change, remove),
  );
}

/** @param {Account} account */
function setPassword(account) {
  const current = currentField();
  const fresh = el('input', { type: 'password', name: 'password', autocomplete: 'new-password', required: true, minlength: 12, maxlength: 256 });
  const repeated = el('input', { type: 'password', name: 'repeated', autocomplete: 'new-password', required: true });
  return ask(
    account.password_at ? 'Change your password' : 'Set a password',
    [
      // Password managers look for whom the password is.
      el('input', { type: 'email', name: 'username', autocomplete: 'username', value: account.email, hidden: true }),
      ...(account.needs_current ? [current] : []),
      field('New password', fresh, 'At least 12 characters; a few words that nobody puts together are good.'),
      field('The same again', repeated),
    ],
    'Save',
    async () => {
      if (fresh.value !== repeated.value) throw new Error('The two new passwords differ.');
      await call('PUT', 'desk/password', { password: fresh.value, ...(account.needs_current ? { current: typed(current) } : {}) });
    },
  );
}

const currentField = () =>
  field('Current password', el('input', { type: 'password', name: 'current', autocomplete: 'current-password', required: true }), 'Forgotten? Sign in by a new link: for 15 minutes it isn’t needed.');

/** @param {HTMLElement} box */
const typed = (box) => box.querySelector('input')?.value;

/** @param {Account} account */
function dropPassword(account) {
  const current = currentField();
  return ask(
    'Remove your password',
    [el('p', {}, 'You can still sign in by a link.'), ...(account.needs_current ? [current] : [])],
    'Remove it',
    () => call('DELETE', 'desk/password', account.needs_current ? { current: typed(current) } : {}),
  );
}

/**
 * The browser and system that a user agent names; nothing is decided by it.
 * @param {string} agent
 */
function browser(agent) {
  const name = ['Edg', 'Firefox', 'Chrome', 'Safari'].find((one) => agent.includes(`${one}/`));
  const system = ['Android', 'iPhone', 'iPad', 'Windows', 'Mac OS', 'Linux'].find((one) => agent.includes(one));
  if (!name) return 'A browser';
  return `${name === 'Edg' ? 'Edge' : name}${system ? ` on ${system === 'Mac OS' ? 'macOS' : system}` : ''}`;
}

/**
 * @param {Opened[]} items
 * @param {HTMLElement} alert
 * @param {Again} again
 */
function sessionRows(items, alert, again) {
  const end = (/** @type {string} */ path) =>
    doing(alert, async () => {
      await call('DELETE', path);
      await again.sessions();
    });
  return el(
    'div',
    {},
    el(
      'ul',
      { class: 'rows' },
      ...items.map((one) =>
        el(
          'li',
          {},
          el('div', { class: 'row-main' }, el('b', {}, browser(one.agent)), one.current && el('span', { class: 'badge' }, 'This one')),
          el('div', { class: 'quiet' }, 'Signed in ', time(one.created_at), one.method && ` ${METHODS[one.method]}`),
          el('div', { class: 'quiet' }, ...(one.last_used_at ? ['Last used ', time(one.last_used_at)] : [])),
          el('div', { class: 'row-do' }, !one.current && button('end', 'Sign out', () => end(`desk/sessions/${one.id}`), { class: 'act', 'aria-label': `Sign out ${browser(one.agent)}` })),
        ),
      ),
    ),
    items.length > 1 && button('end-others', 'Sign out everywhere else', () => end('desk/sessions'), { class: 'act' }),
  );
}

/**
 * @param {Token[]} items
 * @param {HTMLElement} alert
 * @param {Again} again
 */
function tokenRows(items, alert, again) {
  if (!items.length) return el('p', { class: 'quiet none' }, 'You have none.');
  const revoke = (/** @type {Token} */ token) =>
    doing(alert, async () => {
      if (!confirm(`Revoke ${token.label || 'this token'}? Whatever uses it stops working at once.`)) return;
      await call('DELETE', `desk/tokens/${token.id}`);
      await again.tokens();
    });
  return el(
    'ul',
    { class: 'rows' },
    ...items.map((token) =>
      el(
        'li',
        {},
        el('div', { class: 'row-main' }, el('b', {}, token.label || 'No label')),
        el('div', { class: 'quiet' }, 'Made ', time(token.created_at)),
        el('div', { class: 'quiet' }, ...(token.last_used_at ? ['Last used ', time(token.last_used_at)] : ['Never used'])),
        el('div', { class: 'row-do' }, button('revoke', 'Revoke', () => revoke(token), { class: 'act reject', 'aria-label': `Revoke ${token.label || 'the token without a label'}` })),
      ),
    ),
  );
}

function makeToken() {
  return ask(
    'Make an API token',
    [field('Label', el('input', { name: 'label', maxlength: 100, required: true, placeholder: 'Weekly report' }), 'What it is for.')],
    'Make it',
    async (form) => {
      const made = await call('POST', 'desk/tokens', { label: new FormData(form).get('label') });
      return secret('The token', made.token, 'It is shown this once. Send it as “Authorization: Bearer …”.');
    },
  );
}
