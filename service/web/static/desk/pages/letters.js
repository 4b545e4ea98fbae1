// Letters: what readers are mailed, as it would go out. For editors.

import { button, el } from '../../widgets/dom.js';
import { call } from '../calls.js';
import { alertBox, doing, head, loaded } from './parts.js';

/** @typedef {import('./parts.js').Given} Given */
/** @typedef {{ kind: string, sender: string, subject: string, text: string }} Letter */
/**
 * @typedef {{ site: string, lang: string, languages: { lang: string, name: string }[], missing: (keyof typeof MISSING)[],
 *   stopped: { asked: number, bounced: number, complained: number }, to: string, items: Letter[] }} Letters
 */

const LETTERS = 'v1/moderation/letters';
const KINDS = /** @type {Record<string, [title: string, when: string]>} */ ({
  confirmation: ['Is this your reply?', 'To whoever posts with an address that nobody has confirmed, once a day at most.'],
  page: ['Your own page', 'To a reader who asks for a link.'],
  reply: ['Somebody replied', 'Five minutes after a reply was published; one letter an hour at most.'],
  comment: ['A comment on a followed article', 'By the same rule.'],
  digest: ['Several at once', 'What came since the last letter: after an hour, or after three in a day a day later.'],
  follow: ['Follow this article?', 'To whoever wants to follow an article and isn’t known.'],
});
const MISSING = {
  no_server: 'No letter is sent now: REJOINDER_SMTP_URL, a mail server, is not set.',
  no_public_url: 'No letter is sent now: REJOINDER_PUBLIC_URL, where its links would lead, is not set.',
  switched_off: 'This site sends readers no letters: it is switched off under Sites, Edit.',
};

/**
 * Fills `root` with the page; it stops with `signal`.
 * @param {HTMLElement} root
 * @param {Given} given
 * @param {string} [lang]
 */
export async function show(root, { session, signal, site }, lang = 'en') {
  const slug = site || session.sites[0]?.slug;
  if (session.moderator.role !== 'editor' || !slug) {
    root.replaceChildren(el('p', { class: 'plain' }, 'Editors see what readers are mailed.'));
    return;
  }
  const again = (/** @type {string} */ other, /** @type {string} */ tag) => show(root, { session, signal, site: other }, tag);
  /** @param {string} name @param {string} label @param {[string, string][]} values @param {string} chosen @param {(value: string) => void} then */
  const select = (name, label, values, chosen, then) => {
    const node = el('select', { name, 'aria-label': label }, ...values.map(([value, text]) => el('option', { value, selected: value === chosen }, text)));
    node.onchange = () => then(node.value);
    return node;
  };
  await loaded(
    root,
    signal,
    () => call('GET', `${LETTERS}?site=${encodeURIComponent(slug)}&lang=${lang}`),
    (/** @type {Letters} */ found) => [
      head(
        'Letters',
        'What readers are mailed, with made-up people in it.',
        el(
          'div',
          { class: 'letters-choose' },
          session.sites.length > 1 && select('letters-site', 'Site', session.sites.map((one) => [one.slug, one.name]), slug, (value) => again(value, lang)),
          select('letters-lang', 'Language', found.languages.map((one) => [one.lang, one.name]), lang, (value) => again(slug, value)),
        ),
      ),
      ...found.missing.map((what) => el('p', { class: 'alert' }, MISSING[what])),
      el('p', { class: 'quiet' }, counted(found.stopped)),
      ...found.items.map((letter) => card(letter, found)),
    ],
  );
}

/** @param {Letters['stopped']} stopped */
function counted({ asked, bounced, complained }) {
  const all = asked + bounced + complained;
  if (!all) return 'No address is kept from letters.';
  const why = [[asked, 'asked for none'], [bounced, 'came back'], [complained, 'were called spam']].filter(([n]) => n).map(([n, text]) => `${n} ${text}`);
  return `${all === 1 ? '1 address gets' : `${all} addresses get`} no letters: ${why.join(', ')}.`;
}

/**
 * @param {Letter} letter
 * @param {Letters} found
 */
function card({ kind, sender, subject, text }, { site, lang, to, missing }) {
  const [title, when] = KINDS[kind];
  const id = `letter-${kind}`;
  const alert = alertBox();
  const state = el('span', { role: 'status', class: 'quiet' });
  const test = button('test', `Send it to ${to}`, () => {
    test.disabled = true;
    doing(alert, async () => {
      await call('POST', `${LETTERS}/test?site=${encodeURIComponent(site)}`, { kind, lang });
      state.textContent = 'It is on its way.';
    }).finally(() => (test.disabled = false));
  }, { class: 'act', disabled: missing.includes('no_server'), 'aria-describedby': id });
  const src = new URL(`letters/${kind}?site=${encodeURIComponent(site)}&lang=${lang}`, new URL('../', import.meta.url)).href;
  return el(
    'section',
    { class: 'letter', 'aria-labelledby': id },
    el('h3', { id }, title),
    el('p', { class: 'quiet' }, when),
    el('dl', {}, el('dt', {}, 'From'), el('dd', { dir: 'auto' }, sender), el('dt', {}, 'Subject'), el('dd', { dir: 'auto' }, subject)),
    el(
      'div',
      { class: 'letter-both' },
      el('iframe', { src, sandbox: '', title: `“${title}” in HTML`, loading: 'lazy', tabindex: 0 }),
      el('pre', { dir: 'auto', tabindex: 0, role: 'region', 'aria-label': `“${title}” in plain text` }, text),
    ),
    alert,
    el('div', { class: 'letter-do' }, test, state),
  );
}
