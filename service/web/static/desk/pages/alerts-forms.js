// What editors decide of alerts: writing one, pausing and resuming, a site's settings.

import { el } from '../../widgets/dom.js';
import { call } from '../calls.js';
import { say, time } from '../saying.js';
import { number } from './alerts-figures.js';
import { ask, field } from './parts.js';

/** @typedef {import('./alerts-types.js').Settings} Settings */
/** @typedef {import('./alerts-types.js').Pause} Pause */

const ALERTS = 'v1/moderation/alerts';

/**
 * @param {string} slug
 * @param {string} [path]
 */
export const of = (slug, path = '') => `${ALERTS}${path}?site=${encodeURIComponent(slug)}`;

/**
 * @param {string} name
 * @param {string} type
 * @param {Record<string, unknown>} more
 */
const input = (name, type, more = {}) => el('input', { name, type, autocomplete: 'off', ...more });

/**
 * Asks what becomes of what is overdue, and resumes.
 * @param {string} slug
 * @param {Pause} pause
 * @returns {Promise<boolean>} whether alerts go out again
 */
export function askResume(slug, pause) {
  const restored = pause.reason === 'restored';
  const choices = [
    ['cancel', 'Cancel them', restored ? 'Safe: readers may have had them already.' : 'They are too late to be news.'],
    ['send', 'Send them now', restored ? 'Readers who have had them get them again.' : 'Late, to everybody.'],
  ].map(([value, text, about]) =>
    el('label', { class: 'check' }, el('input', { type: 'radio', name: 'overdue', value, checked: value === 'cancel' }), el('span', {}, text, el('small', {}, about))),
  );
  const more = pause.overdue - pause.oldest.length;
  const fields = pause.overdue
    ? [
        el('p', {}, say({ one: '{n} alert is overdue or was being sent:', other: '{n} alerts are overdue or were being sent:' }, { n: pause.overdue })),
        el('ul', { class: 'overdue' }, ...pause.oldest.map((one) => el('li', { dir: 'auto' }, one.title)), more > 0 && el('li', { class: 'quiet' }, `and ${number.format(more)} more`)),
        el('fieldset', {}, el('legend', {}, 'What becomes of them'), ...choices),
      ]
    : [el('p', {}, 'No alert is overdue. What is scheduled goes out at its time.')];
  if (restored) fields.unshift(el('p', {}, 'Resume only where this database serves your readers: a copy for trials has the same subscribers.'));
  return ask('Resume alerts', fields, 'Resume', async (form) => {
    const overdue = new FormData(form).get('overdue') ?? 'send';
    await call('POST', of(slug, '/resume'), { overdue });
  });
}

/**
 * @param {string} slug
 * @param {Settings['settings']} now
 */
export function askSettings(slug, now) {
  const cap = input('daily_cap', 'number', { min: 0, max: 1000, required: true, value: now.daily_cap });
  const [from, until] = [input('quiet_from', 'time', { value: now.quiet_from }), input('quiet_until', 'time', { value: now.quiet_until })];
  const check = el('input', { type: 'checkbox', name: 'check_url', checked: now.check_url });
  const days = input('inactive_days', 'number', { min: 0, max: 3650, required: true, value: now.inactive_days });
  const text = (/** @type {'utm_source' | 'utm_medium' | 'utm_campaign'} */ name, /** @type {string} */ label) => field(label, input(name, 'text', { maxlength: 100, value: now[name] }));
  const url = (/** @type {'icon' | 'badge'} */ name, /** @type {string} */ label, /** @type {string} */ hint) => field(label, input(name, 'url', { maxlength: 500, value: now[name], placeholder: 'https://', pattern: 'https://.+', spellcheck: 'false' }), hint);
  const fields = [
    field('Alerts a day', cap, 'The most that one browser gets within 24 hours. 0: any number.'),
    el('fieldset', {}, el('legend', {}, 'Quiet hours'), el('div', { class: 'alerts-pair' }, field('From', from), field('Until', until)), el('small', {}, 'By the reader’s own clock. Both empty: none.')),
    el('label', { class: 'check' }, check, el('span', {}, 'Wait for the article', el('small', {}, 'Nothing is sent before its address answers.'))),
    el('fieldset', {}, el('legend', {}, 'Added to the address'), el('div', { class: 'alerts-pair three' }, text('utm_source', 'utm_source'), text('utm_medium', 'utm_medium'), text('utm_campaign', 'utm_campaign'))),
    url('icon', 'Icon', 'Square, beside the text. 192 pixels or more.'),
    url('badge', 'Badge', 'One colour on nothing, for Android’s status bar.'),
    field('Days without a sign of life', days, 'After which a subscription is dropped. 0: never.'),
  ];
  return ask('Settings of alerts', fields, 'Save', async () => {
    await call('PUT', of(slug, '/settings'), {
      daily_cap: Number(cap.value),
      quiet_from: from.value || null,
      quiet_until: until.value || null,
      check_url: check.checked,
      inactive_days: Number(days.value),
      ...Object.fromEntries(['utm_source', 'utm_medium', 'utm_campaign', 'icon', 'badge'].map((name) => [name, fields.map((one) => one.querySelector(`[name=${name}]`)).find(Boolean)]).map(([name, node]) => [name, /** @type {HTMLInputElement} */ (node).value.trim()])),
    });
  });
}

/**
 * @param {string} slug
 * @param {Settings} settings
 */
export async function askAlert(slug, settings) {
  const { items } = await call('GET', `v1/moderation/articles?site=${encodeURIComponent(slug)}&limit=50`);
  /** @type {{ key: string, url: string, title: string, section: string | null, tags: string[], verified: boolean }[]} */
  const articles = items.filter((/** @type {{ verified: boolean }} */ one) => one.verified);
  const which = el('select', { name: 'article' }, ...articles.map((one) => el('option', { value: one.key }, one.title || one.key)), el('option', { value: '' }, 'Another, by its key …'));
  const key = input('key', 'text', { maxlength: 200, pattern: '[A-Za-z0-9._~:\\-]{1,200}', spellcheck: 'false' });
  const byKey = field('Key', key, 'As the newsroom’s system and the embed call it.');
  const title = input('title', 'text', { maxlength: 500 });
  const body = el('textarea', { name: 'body', rows: 2, maxlength: 2000, class: 'prose' });
  const topics = input('topics', 'text', { maxlength: 1000 });
  const edition = input('edition', 'number', { min: 1, max: 10_000, value: 1, required: true });
  const at = input('send_at', 'datetime-local');
  const breaking = el('input', { type: 'checkbox', name: 'breaking' });
  const [from, shownTitle, shownBody] = [el('small'), el('b', { dir: 'auto' }), el('span', { dir: 'auto' })];
  const preview = el('div', { class: 'preview', 'aria-label': 'Preview', role: 'group' }, from, shownTitle, shownBody);
  const reach = el('p', { class: 'quiet', role: 'status' });
  const before = el('small', {});
  const chosen = () => articles.find((one) => one.key === which.value);
  const labels = () => topics.value.split(',').map((one) => one.trim()).filter(Boolean);
  let people = settings.subscribers; // at most
  let turn = 0;
  let numbered = false; // the editor has written the edition for this article: answers leave it

  const show = () => {
    const article = chosen();
    byKey.hidden = Boolean(article);
    key.required = !article;
    title.placeholder = article?.title ?? 'The article’s title';
    topics.placeholder = [article?.section, ...(article?.tags ?? [])].filter(Boolean).join(', ') || 'The article’s section and tags';
    from.textContent = article ? new URL(article.url).host : 'The site';
    shownTitle.textContent = title.value || title.placeholder;
    shownBody.textContent = body.value || 'The article’s summary';
  };
  const look = async () => {
    const mine = ++turn;
    const article = chosen();
    const asked = labels().length ? labels() : [article?.section, ...(article?.tags ?? [])].filter(Boolean);
    const name = article?.key ?? key.value;
    try {
      const [audience, alerts] = await Promise.all([
        call('GET', `${of(slug, '/reach')}&topics=${encodeURIComponent(asked.join(','))}&article=${encodeURIComponent(key.validity.valid ? name : '')}`),
        key.validity.valid && name ? call('GET', `${of(slug)}&article=${encodeURIComponent(name)}&limit=50`) : { items: [] },
      ]);
      if (mine !== turn) return;
      people = audience.subscribers;
      reach.textContent = say({ one: 'Goes to {n} browser at most.', other: 'Goes to {n} browsers at most.' }, { n: people });
      const editions = alerts.items.map((/** @type {{ edition: number }} */ one) => one.edition);
      if (!numbered) edition.value = String(Math.max(0, ...editions) + 1);
      before.textContent = editions.length ? say({ one: 'The article has had {n} alert; this is another.', other: 'The article has had {n} alerts; this is another.' }, { n: editions.length }) : 'An article has one alert an edition, ever.';
    } catch {
      if (mine === turn) reach.textContent = 'How many it goes to could not be counted.';
    }
  };
  const fields = [
    field('Article', which),
    byKey,
    field('Title', title, 'Empty: as the article.'),
    field('Text', body, 'Empty: the article’s summary.'),
    field('Topics', topics, 'Separated by commas. Empty: as the article.'),
    el('div', { class: 'alerts-pair when' }, field('When', at, 'Empty: now, after the hold.'), el('div', {}, field('Edition', edition), before)),
    el('label', { class: 'check' }, breaking, el('span', {}, 'Breaking', el('small', {}, 'Beyond daily caps and quiet hours.'))),
    preview,
    reach,
  ];
  for (const one of [title, body]) one.oninput = show;
  edition.oninput = () => {
    numbered = true;
  };
  for (const one of [which, key, topics]) {
    one.onchange = () => {
      if (one !== topics) numbered = false;
      show();
      look();
    };
  }
  show();
  look();
  return ask('New alert', fields, 'Send …', async () => {
    const when = at.value ? new Date(at.value) : null;
    const ready = confirm(say({ one: 'Alert {n} browser?', other: 'Alert {n} browsers?' }, { n: people }) + ` “${shownTitle.textContent}”${when ? `, ${when.toLocaleString()}` : ''}`);
    if (!ready) throw new Error('Not sent.');
    await call('POST', of(slug), {
      article: chosen()?.key ?? key.value,
      edition: Number(edition.value),
      breaking: breaking.checked,
      ...(title.value.trim() && { title: title.value }),
      ...(body.value.trim() && { body: body.value }),
      ...(labels().length && { topics: labels() }),
      ...(when && { send_at: when.toISOString() }),
    });
  });
}

/**
 * Why alerts wait, for everybody; editors resume.
 * @param {Pause} pause
 * @param {HTMLElement | false} resume
 */
export function banner(pause, resume) {
  const why = pause.reason === 'restored'
    ? 'The database was restored or copied, and has forgotten what was sent since. So that nobody is told twice, nothing goes out until an editor resumes alerts.'
    : 'Nothing goes out until an editor resumes alerts.';
  return el('div', { class: 'notice paused', role: 'status' }, el('p', {}, el('b', {}, 'Alerts are paused'), ' since ', time(pause.at), '. ', why), resume);
}
