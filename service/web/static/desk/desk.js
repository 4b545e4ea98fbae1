// The moderators' desk: signing in, then the queue or a page.

import { button, el, tick } from '../widgets/dom.js';
import { CallError, closeSession, openSession } from './calls.js';
import { keepClaims } from './claims.js';
import { help, listen } from './keys.js';
import { listenLive, shown } from './live.js';
import { Queue } from './queue.js';
import { signInPage, takeFailure } from './sign-in.js';

/** @typedef {import('./types.js').Session} Session */
/** @typedef {(root: HTMLElement, given: { session: Session, signal: AbortSignal, site?: string }) => Promise<void>} Show */

/** @type {[name: string, text: string][]} */
const VIEWS = [
  ['held', 'Held'],
  ['reported', 'Reported'],
  ['new', 'New'],
  ['spam', 'Spam'],
  ['rejected', 'Rejected'],
  ['published', 'Published'],
];
/** @type {[name: string, text: string][]} */
const ORDERS = [
  ['risk', 'Riskiest first'],
  ['oldest', 'Oldest first'],
  ['newest', 'Newest first'],
];

/** @type {[name: string, text: string, show: () => Promise<{ show: Show }>, editors?: boolean][]} what isn't the queue */
const PAGES = [
  ['policy', 'Policy', () => import('./pages/policy.js')],
  ['members', 'Members', () => import('./pages/members.js'), true],
  ['sites', 'Sites', () => import('./pages/sites.js'), true],
  ['keys', 'API keys', () => import('./pages/keys.js'), true],
  ['account', '', () => import('./pages/account.js')], // linked by one's name
];

const desk = /** @type {HTMLElement} */ (document.querySelector('#desk'));
let life = new AbortController();

/** The token in the address, taken out of it before anything else can read it. */
function takeToken() {
  const token = /^#sign-in=(.+)$/.exec(location.hash)?.[1];
  if (token) history.replaceState(null, '', location.pathname + location.search);
  return token ? decodeURIComponent(token) : null;
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
  const queue = new Queue(() => showSignIn('Your session has ended. Please sign in again.'));
  const who = el('a', { href: '#/account', 'data-view': 'account', title: 'Your account' }, moderator.name || moderator.email);
  const search = el('input', { type: 'search', name: 'q', placeholder: 'Search', 'aria-label': 'Search in these comments', maxlength: 200 });
  const views = el('nav', { class: 'views', 'aria-label': 'Views' });
  for (const [name, text] of VIEWS) {
    views.append(el('a', { href: `#/${name}`, 'data-view': name }, text, ' ', el('span', { class: 'n' })));
  }
  const pages = PAGES.filter(([, , , editors]) => !editors || moderator.role === 'editor');
  for (const [name, text] of pages) if (text) views.append(el('a', { href: `#/${name}`, 'data-view': name, class: 'page' }, text));
  const order = el('select', { name: 'order', 'aria-label': 'Order' }, ...ORDERS.map(([value, text]) => el('option', { value }, text)));
  order.onchange = () => {
    queue.order = order.value;
    queue.load();
  };
  const site =
    sites.length > 1 &&
    el('select', { name: 'site', 'aria-label': 'Site' }, el('option', { value: '' }, 'All sites'), ...sites.map(({ slug, name }) => el('option', { value: slug }, name)));
  if (site) {
    site.onchange = () => {
      queue.site = site.value;
      queue.load();
      recount();
    };
  }
  const form = el('form', { role: 'search', class: 'search' }, search);
  form.onsubmit = async (event) => {
    event.preventDefault();
    queue.words = search.value.trim();
    await queue.load();
    if (queue.current && queue.words) queue.go(queue.current);
  };
  search.addEventListener('search', () => {
    if (!search.value && queue.words) form.requestSubmit();
  });
  const offline = el('span', { class: 'offline', role: 'status', hidden: true }, 'Not connected: what others do is not shown.');
  const claim = keepClaims(
    () => (!list.hidden && queue.view === 'held' && queue.order === 'risk' && !queue.words ? { site: queue.site } : null),
    life.signal,
  );
  let left = new AbortController();
  const list = el('main', {}, el('div', { class: 'tools' }, queue.figure, offline, site, order, form), queue.news, queue.list, queue.foot);
  const other = el('main', { hidden: true });
  const failed = () => other.replaceChildren(el('p', { class: 'alert', role: 'alert' }, 'This page could not be loaded. Please try again.'));
  const choose = () => {
    const named = location.hash.replace(/^#\/?/, '');
    const page = pages.find(([name]) => name === named);
    queue.view = VIEWS.some(([name]) => name === named) ? named : 'held';
    for (const link of [...views.querySelectorAll('a'), who]) {
      if (link.dataset.view === (page ? named : queue.view)) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    left.abort();
    list.hidden = Boolean(page);
    other.hidden = !page;
    other.replaceChildren();
    if (!page) queue.load();
    claim();
    if (page) {
      left = new AbortController();
      const signal = AbortSignal.any([left.signal, life.signal]);
      page[2]().then(({ show }) => (signal.aborted ? undefined : show(other, { session, signal, site: queue.site })), failed);
    }
  };
  const signOut = async () => {
    await closeSession().catch(() => {});
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
    views,
    list,
    other,
    queue.toast.node,
  );
  const recount = listenLive(
    {
      site: () => queue.site,
      changed: (change) => (!queue.site || change.site === queue.site) && queue.changed(change),
      counted: (counts) => {
        for (const link of views.querySelectorAll('a')) {
          const n = counts[String(link.dataset.view)];
          const figure = link.querySelector('.n');
          if (figure) figure.textContent = n === undefined ? '' : shown(n);
        }
      },
      connected: (up) => (offline.hidden = up),
      signedOut: () => showSignIn('Your session has ended. Please sign in again.'),
    },
    life.signal,
  );
  addEventListener('hashchange', choose, { signal: life.signal });
  listen(queue, () => search, life.signal);
  tick(desk, life.signal);
  choose();
}

addEventListener('hashchange', () => {
  if (location.hash.startsWith('#sign-in')) start();
});
start();
