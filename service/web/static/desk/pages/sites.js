// Sites: what readers see them as, and on which origins their pages are.

import { button, el } from '../../widgets/dom.js';
import { call } from '../calls.js';
import { ask, changes, everyPage, field, head, loaded } from './parts.js';

/** @typedef {import('./parts.js').Given} Given */
/** @typedef {{ slug: string, name: string, origins: string[], words_marked: boolean, confirm_readers: boolean, mail: 'ready' | 'no_server' | 'no_public_url', support: Support }} Site */
/** @typedef {{ enabled: boolean, headline: string, text: string, url: string, sensitive_tags: string[] }} Support */

const SITES = 'v1/moderation/sites';

/**
 * Fills `root` with the page; it stops with `signal`.
 * @param {HTMLElement} root
 * @param {Given} given
 */
export async function show(root, { session, signal }) {
  const list = el('div');
  /** @param {Site} site */
  const signIn = async (site) => {
    const page = await import('./reader-sign-in.js');
    const back = async () => {
      await show(root, { session, signal });
      root.querySelector(`[data-site="${site.slug}"] [name=sign-in]`)?.scrollIntoView({ block: 'nearest' });
      /** @type {HTMLElement | null} */ (root.querySelector(`[data-site="${site.slug}"] [name=sign-in]`))?.focus();
    };
    await page.show(root, site, signal, back);
  };
  const again = () => loaded(list, signal, everySite, (sites) => [rows(sites, signIn, again)]);
  const add = session.moderator.all_sites && button('add', 'Add a site', async () => (await addSite()) && location.reload(), { class: 'act publish' });
  root.replaceChildren(
    el('div', { class: 'accounts' }, head('Sites', 'Only pages of a site’s origins may show its comments and register its articles.', add), list),
  );
  await again();
}

const everySite = () => everyPage((cursor) => call('GET', `${SITES}?limit=200&cursor=${encodeURIComponent(cursor)}`));

/**
 * @param {Site[]} sites
 * @param {(site: Site) => void} signIn
 * @param {() => Promise<void>} again
 */
function rows(sites, signIn, again) {
  return el(
    'ul',
    { class: 'rows' },
    ...sites.map((site) =>
      el(
        'li',
        { 'data-site': site.slug },
        el('div', { class: 'row-main' }, el('b', {}, site.name), el('code', { class: 'quiet' }, site.slug), el('span', { class: 'quiet' }, site.support.enabled ? 'Asks for support' : 'Doesn’t ask for support')),
        el('ul', { class: 'origins' }, ...site.origins.map((origin) => el('li', {}, origin))),
        // The desk's own choice of sites shows names, too: it is made anew.
        el(
          'div',
          { class: 'row-do' },
          button('sign-in', 'Readers’ sign-in', () => signIn(site), { class: 'act', 'aria-label': `Readers’ sign-in of ${site.name}` }),
          button('support', 'Support …', async () => (await editSupport(site)) && again(), { class: 'act', 'aria-label': `Support of ${site.name}` }),
          button('edit', 'Edit', async () => (await editSite(site)) && location.reload(), { class: 'act', 'aria-label': `Edit ${site.name}` }),
        ),
      ),
    ),
  );
}

/** @param {string[]} origins */
const originsField = (origins) =>
  field('Origins, one a line', el('textarea', { name: 'origins', rows: 4, required: true, spellcheck: 'false', placeholder: 'https://news.example' }, origins.join('\n')), 'Scheme and host, without a path. Plain http only for this machine.');

/** @param {boolean} marked */
const marksField = (marked) =>
  el('label', { class: 'check' }, el('input', { type: 'checkbox', name: 'marks', checked: marked }), el('span', {}, 'Show the deciding words at once', el('small', {}, 'Otherwise w shows them, so that the text is read first.')));

// The one place where the desk says what e-mail to readers lacks.
const MAIL = {
  ready: 'One letter to whoever gives an address. Confirmed, it gives its reader standing, a name that nobody else can use and a page of their own.',
  no_server: 'No letter is sent now: REJOINDER_SMTP_URL, a mail server, is not set.',
  no_public_url: 'No letter is sent now: REJOINDER_PUBLIC_URL, where its links would lead, is not set.',
};

/** @param {Site} site */
const confirmField = ({ confirm_readers: checked, mail }) =>
  el('label', { class: 'check' }, el('input', { type: 'checkbox', name: 'confirm', checked }), el('span', {}, 'Ask readers by e-mail to confirm their address', el('small', {}, MAIL[mail])));

/** @param {FormData} data */
const originsOf = (data) => String(data.get('origins')).split(/\s+/).filter(Boolean);

function addSite() {
  return ask(
    'Add a site',
    [
      field('Name', el('input', { name: 'name', required: true, maxlength: 80 }), 'What readers see.'),
      field('Short name', el('input', { name: 'slug', required: true, maxlength: 63, pattern: '[a-z0-9](-?[a-z0-9])*', spellcheck: 'false', autocapitalize: 'none' }), 'In addresses, for good: lower-case letters, digits and single hyphens.'),
      originsField([]),
    ],
    'Add',
    async (form) => {
      const data = new FormData(form);
      await call('POST', SITES, { slug: data.get('slug'), name: data.get('name'), origins: originsOf(data) });
    },
  );
}

/** @param {Site} site */
function editSite(site) {
  return ask(
    site.name,
    [field('Name', el('input', { name: 'name', required: true, maxlength: 80, value: site.name }), 'What readers see.'), originsField(site.origins), confirmField(site), marksField(site.words_marked)],
    'Save',
    async (form) => {
      const data = new FormData(form);
      const given = { name: data.get('name'), origins: originsOf(data), words_marked: data.has('marks'), confirm_readers: data.has('confirm') };
      await call('PATCH', `${SITES}/${site.slug}`, changes({ ...site }, given));
    },
  );
}

/** @param {Site} site */
function editSupport(site) {
  const { enabled, headline, text, url, sensitive_tags: tags } = site.support;
  return ask(
    `Support of ${site.name}`,
    [
      el('label', { class: 'check' }, el('input', { type: 'checkbox', name: 'enabled', checked: enabled }), el('span', {}, 'Ask readers for support', el('small', {}, 'Where a page has the box. An article can say otherwise: Articles.'))),
      field('Headline', el('input', { name: 'headline', maxlength: 120, value: headline, dir: 'auto' }), 'Empty: Support our newsroom, in the page’s language.'),
      field('Text', el('textarea', { name: 'text', rows: 4, maxlength: 1000, class: 'prose', dir: 'auto' }, text), 'Each line is a paragraph. A text in the page itself stands before this one.'),
      field('Address of your donation page', el('input', { type: 'url', name: 'url', maxlength: 2000, value: url, placeholder: 'https://news.example/donate', spellcheck: 'false' }), 'Unless the page itself gives another one.'),
      field('Sensitive tags, one a line', el('textarea', { name: 'tags', rows: 3, class: 'prose', spellcheck: 'false' }, tags.join('\n')), 'An article with such a tag or section never asks, whatever else is switched on.'),
    ],
    'Save',
    async (form) => {
      const data = new FormData(form);
      const given = {
        enabled: data.has('enabled'),
        ...Object.fromEntries(['headline', 'text', 'url'].map((name) => [name, String(data.get(name)).replaceAll('\r\n', '\n').trim()])),
        sensitive_tags: String(data.get('tags')).split('\n').map((tag) => tag.trim()).filter(Boolean),
      };
      await call('PATCH', `${SITES}/${site.slug}`, { support: changes({ ...site.support }, given) });
    },
  );
}
