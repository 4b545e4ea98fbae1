// Alerts: what goes out, what became of it, and what a site decides about it.

import { button, el } from '../../widgets/dom.js';
import { call } from '../calls.js';
import { say } from '../saying.js';
import { audience } from './alerts-audience.js';
import { feeds } from './alerts-feeds.js';
import { number } from './alerts-figures.js';
import { askAlert, askResume, askSettings, banner, of } from './alerts-forms.js';
import { isLive, row } from './alerts-row.js';
import { alertBox, doing, head, said } from './parts.js';

/** @typedef {import('./parts.js').Given} Given */
/** @typedef {import('./alerts-types.js').Alert} Alert */
/** @typedef {import('./alerts-types.js').Settings} Settings */
/** @typedef {ReturnType<typeof row>} Row */

const SOON = 2000; // milliseconds between looks while something is sent
const SELDOM = 20_000;
const FRESH = 20; // alerts that are looked at again
const MOST_OTHERS = 5;
const COUNTDOWN = 92_000;
/** @type {[value: string, text: string][]} */
const STATES = [
  ['', 'All alerts'],
  ['scheduled', 'Scheduled'],
  ['sending', 'Sending'],
  ['sent', 'Sent'],
  ['cancelled', 'Cancelled'],
];

/**
 * Fills `root` with the page; it stops with `signal`.
 * @param {HTMLElement} root
 * @param {Given} given
 */
export async function show(root, { session, signal: outer, site }) {
  const left = new AbortController();
  const signal = AbortSignal.any([outer, left.signal]);
  const slug = site || session.sites[0]?.slug;
  if (!slug) return root.replaceChildren(el('p', { class: 'plain' }, 'You are a member of no site.'));
  const editor = session.moderator.role === 'editor';
  const sites = el('select', { name: 'alerts-site', 'aria-label': 'Site' }, ...session.sites.map((one) => el('option', { value: one.slug, selected: one.slug === slug }, one.name)));
  const state = el('select', { name: 'alerts-state', 'aria-label': 'Which alerts' }, ...STATES.map(([value, text]) => el('option', { value }, text)));
  const problem = alertBox();
  const status = el('p', { class: 'unseen', role: 'status' });
  const paused = el('div', { class: 'alerts-paused' });
  const reach = el('p', { class: 'quiet alerts-reach' });
  const list = el('ul', { class: 'alerts-list', 'aria-label': 'Alerts', tabindex: -1 });
  const none = el('div', { class: 'empty', hidden: true });
  const foot = el('div', { class: 'articles-foot' });
  const tools = el('div', { class: 'alerts-tools' }, session.sites.length > 1 && sites, state);
  /** @type {Map<string, Row>} */
  const rows = new Map();
  /** @type {Settings | undefined} */
  let settings;
  let turn = 0;
  let timer = 0;

  const query = (/** @type {string} */ more = '') => `${of(slug)}&state=${state.value}${more}`;
  const settle = async () => {
    settings = /** @type {Settings} */ (await call('GET', of(slug, '/settings')));
    if (signal.aborted) return;
    const { pause, subscribers } = settings;
    const resume = editor && pause && button('resume', 'Resume …', () => act(resumeNow), { class: 'act publish' });
    paused.replaceChildren(...(pause ? [banner(pause, resume || false)] : []));
    stop.hidden = Boolean(pause);
    reach.textContent = say({ one: '{n} browser is subscribed.', other: '{n} browsers are subscribed.' }, { n: subscribers }).replace(String(subscribers), number.format(subscribers));
  };
  const resumeNow = async () => {
    await settle(); // what is overdue is as it is now
    if (settings?.pause && (await askResume(slug, settings.pause))) {
      await Promise.all([settle(), load('')]);
      status.textContent = 'Alerts go out again.';
      list.focus();
    }
  };
  const act = (/** @type {() => Promise<unknown>} */ work) => doing(problem, work);
  const add = button('new-alert', 'New alert', () => act(async () => {
    if (!settings) await settle(); // still loading
    if (settings && (await askAlert(slug, settings))) await load('');
  }), { class: 'act publish' });
  const change = button('alert-settings', 'Settings', () => act(async () => {
    await settle();
    if (settings && (await askSettings(slug, settings.settings))) status.textContent = 'Saved.';
  }), { class: 'act' });
  const stop = button('pause', 'Pause', () => act(async () => {
    if (!confirm('Pause all alerts of this site? What is being sent stops within moments.')) return;
    await call('POST', of(slug, '/pause'));
    await Promise.all([settle(), load('')]);
    paused.querySelector('button')?.focus();
  }), { class: 'act' });

  /** @param {Alert[]} items newest first, of the first page */
  const refresh = (items) => {
    for (const alert of [...items].reverse()) {
      const known = rows.get(alert.id);
      if (known) known.fill(alert);
      else put(alert, true);
    }
    none.hidden = rows.size > 0;
  };
  /**
   * @param {Alert} alert
   * @param {boolean} [first]
   */
  const put = (alert, first) => {
    const made = row(alert, { editor, signal, status });
    rows.set(alert.id, made);
    if (first) list.prepend(made.node);
    else list.append(made.node);
    return made;
  };
  /** @param {string} cursor '' from the first on */
  const load = async (cursor) => {
    const mine = ++turn;
    list.setAttribute('aria-busy', 'true');
    try {
      const { items, next_cursor: next } = await call('GET', query(cursor && `&cursor=${cursor}`));
      if (signal.aborted || mine !== turn) return;
      if (!cursor) {
        rows.clear();
        list.replaceChildren();
      }
      const made = items.map((/** @type {Alert} */ one) => put(one));
      if (cursor) made[0]?.node.querySelector('a')?.focus();
      none.replaceChildren(el('h3', {}, state.value ? 'No alert is like that' : 'No alerts yet'), el('p', {}, editor ? 'One goes out when the newsroom’s system asks for it with an article, or when you write it here.' : 'One goes out when the newsroom’s system asks for it with an article, or an editor writes it.'));
      none.hidden = rows.size > 0;
      foot.replaceChildren(...(next ? [button('more', 'Show older alerts', () => load(next), { class: 'act' })] : []));
    } catch (error) {
      if (signal.aborted || mine !== turn) return;
      foot.replaceChildren(el('p', { class: 'alert', role: 'alert' }, said(error), ' ', button('retry', 'Try again', () => load(cursor), { class: 'link' })));
    }
    list.querySelector('.loading')?.remove();
    list.removeAttribute('aria-busy');
    again();
  };
  const look = async () => {
    const mine = turn;
    try {
      const { items } = await call('GET', query(`&limit=${FRESH}`));
      if (signal.aborted || mine !== turn) return;
      refresh(items);
      // What is older, or has left the state that was chosen, isn't among them.
      const seen = new Set(items.map((/** @type {Alert} */ one) => one.id));
      const others = [...rows.values()].filter((one) => isLive(one.alert) && !seen.has(one.alert.id)).slice(0, MOST_OTHERS);
      for (const one of others) one.fill((await call('GET', `v1/moderation/alerts/${one.alert.id}`)).alert);
    } catch {
      // The figures stay as they were; the next look may get through.
    }
    again();
  };
  const again = () => {
    clearTimeout(timer);
    if (signal.aborted || document.hidden) return;
    timer = setTimeout(look, [...rows.values()].some((one) => isLive(one.alert)) ? SOON : SELDOM);
  };
  const ticking = setInterval(() => {
    let due = false;
    for (const one of rows.values()) {
      const late = Date.now() - Date.parse(one.alert.send_at);
      if (one.alert.state !== 'scheduled' || late < -COUNTDOWN) continue;
      one.tell();
      due ||= !one.alert.paused && late >= 0 && late < 1000;
    }
    if (due) again(); // it starts about now
  }, 1000);
  signal.addEventListener('abort', () => {
    clearInterval(ticking);
    clearTimeout(timer);
  });
  document.addEventListener('visibilitychange', () => (document.hidden ? clearTimeout(timer) : look()), { signal });
  sites.onchange = () => {
    left.abort();
    show(root, { session, signal: outer, site: sites.value });
  };
  state.onchange = () => load('');
  const about = editor ? 'What readers’ browsers are told, and what became of it.' : 'What readers’ browsers are told, and what became of it. Editors write, cancel and pause alerts.';
  root.replaceChildren(
    el(
      'div',
      { class: 'accounts alerts-page' },
      head('Alerts', about, ...(editor ? [el('div', { class: 'alerts-do' }, add, change, stop)] : [])),
      paused,
      problem,
      el('div', { class: 'alerts-line' }, tools, reach),
      ...(editor ? [el('div', { class: 'alerts-asides' }, audience(slug, signal), feeds(slug, signal))] : []),
      list,
      none,
      foot,
      status,
    ),
  );
  list.append(el('li', { class: 'loading' }, 'Loading the alerts …'));
  await Promise.all([act(settle), load('')]);
}
