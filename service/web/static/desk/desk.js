// The moderators' desk: signing in, then the queue or a page.

import { button, el } from '../widgets/dom.js';
import { CallError, call, closeSession, openSession } from './calls.js';
import { help } from './keys.js';
import { shown } from './live.js';
import { VIEWS, readPlace, writePlace } from './place.js';
import { tick } from './saying.js';
import { signInPage, takeFailure } from './sign-in.js';
import { Workplace } from './workplace.js';

/** @typedef {import('./types.js').Session} Session */
/** @typedef {(root: HTMLElement, given: { session: Session, signal: AbortSignal, site?: string }) => Promise<void>} Show */

/** @type {[name: string, text: string, show: () => Promise<{ show: Show }>, role?: string][]} what isn't the queue */
const PAGES = [
  ['statistics', 'Statistics', () => import('./pages/statistics.js')],
  ['articles', 'Articles', () => import('./pages/articles.js')],
  ['alerts', 'Alerts', () => import('./pages/alerts.js')],
  ['policy', 'Policy', () => import('./pages/policy.js')],
  ['notices', 'Notices', () => import('./pages/notices.js'), 'editor'],
  ['letters', 'Letters', () => import('./pages/letters.js'), 'editor'],
  ['webhooks', 'Webhooks', () => import('./pages/webhooks.js'), 'editor'],
  ['members', 'Members', () => import('./pages/members.js'), 'editor'],
  ['sites', 'Sites', () => import('./pages/sites.js'), 'editor'],
  ['keys', 'API keys', () => import('./pages/keys.js'), 'editor'],
  ['account', '', () => import('./pages/account.js')], // linked by one's name
];

const desk = /** @type {HTMLElement} */ (document.querySelector('#desk'));
let life = new AbortController();

/** The token in the address, taken out of it before anything else can read it. */
function takeToken() {
  const token = /^#sign-in=(.+)$/.exec(location.hash)?.[1];
  if (token) history.replaceState(null, '', location.pathname + location.search);
  return token ?? null;
}

async function start() {
  const token = takeToken();
  const failure = takeFailure();
  if (failure) return showSignIn(failure);
  try {
    const session = await openSession(token ? { token } : null);
    if (session) showDesk(session);
    else showSignIn();
  } catch (error) {
    const used = token && error instanceof CallError && [400, 401, 403, 404, 422].includes(error.status);
    const text = error instanceof Error ? error.message : String(error);
    showSignIn(used ? 'This sign-in link has been used already, or it is too old.' : text, !token);
  }
}

/**
 * @param {string} [problem]
 * @param {boolean} [retry] whether trying again can help
 */
function showSignIn(problem, retry = false) {
  life.abort();
  desk.replaceChildren(signInPage(problem, retry ? start : null, showDesk));
  desk.querySelector('input')?.focus();
}

/** @param {Session} session */
function showDesk(session) {
  const { moderator, sites } = session;
  life.abort();
  life = new AbortController();
  const { signal } = life;
  const who = el('a', { href: '#/account', 'data-view': 'account', title: 'Your account' }, moderator.name || moderator.email);
  const views = el('nav', { class: 'views', 'aria-label': 'Views' });
  for (const [name, text] of VIEWS) {
    views.append(el('a', { href: `#/${name}`, 'data-view': name }, text, ' ', el('span', { class: 'n' })));
  }
  const pages = PAGES.filter(([, , , role]) => !role || role === moderator.role);
  for (const [name, text] of pages) if (text) views.append(el('a', { href: `#/${name}`, 'data-view': name, class: 'page' }, text));
  const work = new Workplace(session, () => showSignIn('Your session has ended. Please sign in again.'), signal);
  const other = el('main', { class: 'other', hidden: true });
  const failed = () => other.replaceChildren(el('p', { class: 'alert', role: 'alert' }, 'This page could not be loaded. Please try again.'));
  let left = new AbortController();
  const choose = () => {
    const place = readPlace(location.hash);
    const page = pages.find(([name]) => name === place.name);
    if (!page && !VIEWS.some(([name]) => name === place.name)) place.name = 'held';
    for (const link of [...views.querySelectorAll('a'), who]) {
      link.href = writePlace({ ...place, name: String(link.dataset.view), q: '', filters: {} });
      if (link.dataset.view === place.name) {
        link.setAttribute('aria-current', 'page');
        // On a narrow screen the views are one line that scrolls.
        if (link !== who) views.scrollTo({ left: link.offsetLeft - views.clientWidth / 3 });
      } else link.removeAttribute('aria-current');
    }
    left.abort();
    other.hidden = !page;
    other.replaceChildren();
    work.show(page ? null : place);
    if (!page) return;
    left = new AbortController();
    const gone = AbortSignal.any([left.signal, signal]);
    page[2]().then(({ show }) => (gone.aborted ? undefined : show(other, { session, signal: gone, site: place.site })), failed);
  };
  const signOut = async () => {
    try {
      await closeSession();
    } catch (error) {
      // The cookie stays where the service wasn't asked: whoever comes next would be signed in.
      const ended = error instanceof CallError && error.status === 401;
      if (!ended) return work.toast.say(`You are still signed in. ${error instanceof Error ? error.message : String(error)}`);
    }
    showSignIn();
  };
  desk.replaceChildren(
    el(
      'header',
      { class: 'top' },
      el('h1', {}, 'Moderation desk', sites.length === 1 && el('span', {}, sites[0].name)),
      el('span', { class: 'who' }, who),
      button('help', 'Keys', help, { class: 'link', 'aria-keyshortcuts': '?' }),
      button('sign-out', 'Sign out', signOut, { class: 'link' }),
    ),
    el('div', { class: 'panes' }, views, work.list, work.pane.node, other),
    work.toast.node,
  );
  work.counted = (counts) => {
    for (const link of views.querySelectorAll('a')) {
      const n = counts[String(link.dataset.view)];
      const figure = link.querySelector('.n');
      if (figure) figure.textContent = n === undefined ? '' : shown(n);
    }
  };
  // Nothing goes out: whoever comes to the desk learns of it, not only who looks for alerts.
  call('GET', 'v1/moderation/alerts?limit=1').then(({ paused }) => {
    if (paused.length) views.querySelector('[data-view=alerts]')?.append(' ', el('span', { class: 'badge busy' }, 'paused'));
  }, () => undefined);
  addEventListener('hashchange', choose, { signal });
  tick(desk, signal);
  choose();
}

addEventListener('hashchange', () => {
  if (location.hash.startsWith('#sign-in')) start();
});
start();
