// The sign-in page: a password, a link by e-mail, an account elsewhere; whichever there is.

import { button, el } from '../widgets/dom.js';
import { call, CallError, openSession } from './calls.js';

/** @typedef {import('./types.js').Session} Session */

/** @type {Record<string, string>} what came of going to the provider of accounts */
const FAILED = {
  cancelled: 'You have not signed in there, so you are not signed in here either.',
  expired: 'That took too long, or it began in another window. Please try again.',
  unreachable: 'The service that you sign in with could not be reached, or is set up wrongly. Please try again later, or sign in another way.',
  refused: 'What the service that you sign in with has answered could not be believed. Please try again; if it stays so, tell whoever runs this desk.',
  unverified: 'Your e-mail address is not verified there. Verify it, then try again.',
  'no-email': 'The service that you sign in with does not tell us your e-mail address.',
  'not-a-member': 'Nobody with that e-mail address is a member of this desk. An editor can add you.',
  'other-account': 'Another account there is already used for this desk under your e-mail address. An editor can release it.',
  busy: 'There were too many attempts to sign in from here. Please try again in a minute.',
};

/**
 * What went wrong at the provider, taken out of the address; null where nothing did.
 * @returns {string | null}
 */
export function takeFailure() {
  const code = /^#sign-in-failed=([a-z-]+)$/.exec(location.hash)?.[1];
  if (!code) return null;
  history.replaceState(null, '', location.pathname + location.search);
  return Object.hasOwn(FAILED, code) ? FAILED[code] : 'Signing in did not work. Please try again.';
}

/**
 * @param {string | undefined} problem
 * @param {(() => void) | null} retry what tries again, where that can help
 * @param {(session: Session) => void} done
 */
export function signInPage(problem, retry, done) {
  const alert = el('p', { class: 'alert', role: 'alert', hidden: !problem }, problem, retry && ' ', retry && button('retry', 'Try again', retry, { class: 'link' }));
  const news = el('p', { class: 'news', role: 'status' });
  const email = el('input', { type: 'email', name: 'email', autocomplete: 'username', required: true, maxlength: 254 });
  const password = el('input', { type: 'password', name: 'password', autocomplete: 'current-password', required: true });
  const submit = el('button', { type: 'submit', name: 'sign-in', class: 'act publish' }, 'Sign in');
  const ask = button('link', 'E-mail me a link instead', () => mail(), { class: 'link', hidden: true });
  const other = el('div', { class: 'sign-in-other', hidden: true });

  /** @param {string} text */
  const say = (text) => {
    alert.replaceChildren(text);
    alert.hidden = !text;
    news.textContent = '';
  };
  /** @param {() => Promise<void>} work */
  const busy = async (work) => {
    submit.disabled = ask.disabled = true;
    try {
      await work();
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    } finally {
      submit.disabled = ask.disabled = false;
    }
  };
  const mail = () =>
    busy(async () => {
      if (!email.reportValidity()) return;
      await call('POST', 'desk/links', { email: email.value.trim() });
      say('');
      news.textContent = `If ${email.value.trim()} is a member of this desk, a link is on its way. It works once, and for one hour.`;
    });
  const form = el(
    'form',
    { class: 'sign-in-form' },
    el('label', {}, el('span', {}, 'E-mail address'), email),
    el('label', {}, el('span', {}, 'Password'), password),
    el('div', { class: 'sign-in-do' }, submit, ask),
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    busy(async () => {
      try {
        const session = await openSession({ email: email.value.trim(), password: password.value });
        if (session) done(session);
      } catch (error) {
        if (!(error instanceof CallError) || error.status !== 401) throw error;
        say(error.message);
        password.select();
      }
    });
  };
  showWays(ask, other);
  return el(
    'main',
    { class: 'sign-in' },
    el('h1', {}, 'Moderation desk'),
    alert,
    other,
    form,
    news,
    el(
      'details',
      {},
      el('summary', {}, 'No password yet?'),
      el('p', {}, 'Open the sign-in link that you were given: each one works once. At the desk you can then set a password. An editor, or whoever runs the service, makes a new link with'),
      el('pre', {}, el('code', {}, 'rejoinder moderators add EMAIL')),
    ),
  );
}

/**
 * Shows the ways that there are beside the password.
 * @param {HTMLElement} ask
 * @param {HTMLElement} other
 */
async function showWays(ask, other) {
  const ways = await call('GET', 'desk/ways').catch(() => null);
  if (!ways) return;
  ask.hidden = !ways.links;
  if (!ways.openid) return;
  other.replaceChildren(
    el('a', { class: 'act wide', href: new URL('openid/start', new URL('.', import.meta.url)) }, ways.openid),
    el('p', { class: 'or' }, el('span', {}, 'or')),
  );
  other.hidden = false;
}
