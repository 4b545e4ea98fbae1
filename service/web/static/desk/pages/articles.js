// Articles: found by title, and what an editor switches on each of them.

import { button, el } from '../../widgets/dom.js';
import { call } from '../calls.js';
import { readPlace, writePlace } from '../place.js';
import { say, time } from '../saying.js';
import { alertBox, head, said } from './parts.js';

/** @typedef {import('./parts.js').Given} Given */
/**
 * @typedef {{ id: string, site: string, key: string, url: string, title: string, section: string | null, tags: string[], created_at: string,
 *   comments: number, verified: boolean, open: boolean, mode: 'post' | 'pre' | null, support: boolean | null, called_for: boolean, sensitive: boolean }} Article
 * @typedef {{ name: 'open' | 'mode' | 'support', text: string, values: [value: boolean | string | null, text: string][] }} Switch
 */

const ARTICLES = 'v1/moderation/articles';
const PAUSE = 250; // milliseconds after the last letter

/** @type {Switch[]} */
const SWITCHES = [
  { name: 'open', text: 'Comments', values: [[true, 'Open'], [false, 'Closed']] },
  { name: 'mode', text: 'Review', values: [[null, 'As the site'], ['post', 'After publication'], ['pre', 'Before publication']] },
  { name: 'support', text: 'Support', values: [[null, 'As the site'], [true, 'Asked for'], [false, 'Not asked for']] },
];
/** @type {[name: string, label: string, choices: [string, string][]][]} */
const FILTERS = [
  ['open', 'Comments', [['any', 'Open or closed'], ['yes', 'Open'], ['no', 'Closed']]],
  ['mode', 'Review', [['any', 'Any review'], ['site', 'Review as the site'], ['post', 'After publication'], ['pre', 'Before publication']]],
  ['support', 'Support', [['any', 'Any support'], ['site', 'Support as the site'], ['on', 'Asked for'], ['off', 'Not asked for']]],
];

/**
 * Fills `root` with the page; it stops with `signal`.
 * @param {HTMLElement} root
 * @param {Given} given
 */
export async function show(root, { session, signal, site = '' }) {
  const { sites, moderator } = session;
  const place = readPlace(location.hash);
  const search = el('input', { type: 'search', name: 'article-q', placeholder: 'Title, address or key', 'aria-label': 'Search articles', maxlength: 200, value: place.q });
  const which = el('select', { name: 'article-site', 'aria-label': 'Site' }, el('option', { value: '' }, 'All sites'), ...sites.map((one) => el('option', { value: one.slug, selected: one.slug === site }, one.name)));
  const filters = FILTERS.map(([name, label, choices]) => el('select', { name: `article-${name}`, 'aria-label': label }, ...choices.map(([value, text]) => el('option', { value }, text))));
  const alert = alertBox();
  const status = el('p', { class: 'unseen', role: 'status' });
  const list = el('ul', { class: 'rows articles' });
  const foot = el('div', { class: 'articles-foot' });
  const row = rowsFor({ editor: moderator.role === 'editor', several: sites.length > 1, alert, status, mend });
  let turn = 0;
  /**
   * A search that was on its way while something was saved may show what was before it.
   * @param {boolean} lost whether it has come already
   */
  async function mend(lost) {
    if (lost || list.hasAttribute('aria-busy')) await load('');
  }
  /** @param {string} cursor '' from the first on */
  const load = async (cursor) => {
    const mine = ++turn;
    const query = new URLSearchParams({ q: search.value.trim(), site: which.value, cursor });
    filters.forEach((choice, n) => query.set(FILTERS[n][0], choice.value));
    list.setAttribute('aria-busy', 'true');
    try {
      const { items, next_cursor: next } = await call('GET', `${ARTICLES}?${query}`);
      if (signal.aborted || mine !== turn) return;
      const rows = items.map(row);
      const none = !rows.length && !cursor && el('li', { class: 'none' }, 'No article is like that. One appears here once it is registered, or commented on.');
      if (cursor) list.append(...rows);
      else list.replaceChildren(...(none ? [none] : rows));
      foot.replaceChildren(...(next ? [button('more', 'Show more articles', () => load(next), { class: 'act' })] : []));
      if (cursor) rows[0]?.querySelector('a')?.focus();
      else status.textContent = none ? 'No article found.' : say({ one: '{n} article shown.', other: '{n} articles shown.' }, { n: rows.length });
    } catch (error) {
      if (signal.aborted || mine !== turn) return;
      foot.replaceChildren(el('p', { class: 'alert', role: 'alert' }, said(error), ' ', button('retry', 'Try again', () => load(cursor), { class: 'link' })));
    }
    list.removeAttribute('aria-busy');
  };
  const find = () => {
    // In the address, so that it can be kept and sent; without going there, which would begin anew.
    history.replaceState(null, '', writePlace({ ...place, site: which.value, q: search.value.trim() }));
    return load('');
  };
  let timer = 0;
  search.oninput = () => {
    clearTimeout(timer);
    timer = setTimeout(find, PAUSE);
  };
  const form = el('form', { role: 'search', class: 'articles-tools' }, search, sites.length > 1 && which, ...filters);
  form.onsubmit = (event) => {
    event.preventDefault();
    clearTimeout(timer);
    find();
  };
  form.onchange = (event) => {
    if (event.target !== search) find();
  };
  const about = 'Close a thread, review its comments before they are published, or take the call for support away.';
  root.replaceChildren(el('div', { class: 'accounts' }, head('Articles', moderator.role === 'editor' ? about : 'What is open, reviewed first, and asks for support. Editors change it.'), form, alert, list, foot, status));
  await load('');
}

/**
 * What shows one article. An editor's choice is kept at once, and taken back where it can't be.
 * @param {{ editor: boolean, several: boolean, alert: HTMLElement, status: HTMLElement, mend: (lost: boolean) => Promise<void> }} given
 */
function rowsFor({ editor, several, alert, status, mend }) {
  /** @param {Article} article */
  const row = (article) => {
    const { title, url, key, site, section, comments, created_at: at, verified } = article;
    const name = title || key;
    const node = el('li', { 'data-article': key }, el(
      'div',
      { class: 'article-main' },
      el('a', { href: url, target: '_blank', rel: 'noopener noreferrer', dir: 'auto' }, name),
      el(
        'p',
        { class: 'quiet' },
        ...[several && `${site} · `, section && `${section} · `, say({ one: '{n} comment', other: '{n} comments' }, { n: comments }), ' · ', time(at)].filter((one) => one !== false && one !== null),
      ),
      el('p', { class: 'quiet' }, el('code', {}, key), !verified && ' · registered by a reader'),
    ));
    for (const one of SWITCHES) node.append(editor ? choice(one) : fact(one));
    return node;

    /** @param {Switch} one */
    function fact({ name, text, values }) {
      const [, now] = values.find(([value]) => value === article[name]) ?? values[0];
      return el('div', { class: 'article-switch' }, el('span', {}, text), el('b', {}, now), name === 'support' && note());
    }

    function note() {
      if (article.sensitive) return el('small', {}, 'Tagged sensitive: never asked for');
      return article.support === null && el('small', {}, article.called_for ? 'Is asked for' : 'Isn’t asked for');
    }

    /** @param {Switch} one */
    function choice({ name: field, text, values }) {
      const at = values.findIndex(([value]) => value === article[field]);
      const select = el('select', { name: field, 'aria-label': `${text}: ${name}` }, ...values.map(([, shown], n) => el('option', { value: n, selected: n === at }, shown)));
      select.onchange = async () => {
        alert.hidden = true;
        // The answer shows the article anew: what is chosen meanwhile would seem taken back.
        const all = node.querySelectorAll('select');
        all.forEach((other) => (other.disabled = true));
        // Whoever has gone on to something else isn't called back.
        const here = () => document.activeElement === document.body || node.contains(document.activeElement);
        try {
          const changed = await call('PATCH', `${ARTICLES}/${article.id}`, { [field]: values[Number(select.value)][0] });
          const anew = row(changed);
          const back = here();
          const lost = !node.isConnected;
          node.replaceWith(anew);
          if (back) /** @type {HTMLElement | null} */ (anew.querySelector(`[name=${field}]`))?.focus();
          await mend(lost);
          status.textContent = `Saved. ${text}: ${values.find(([value]) => value === changed[field])?.[1]}.`;
        } catch (error) {
          select.value = String(at);
          all.forEach((other) => (other.disabled = false));
          if (here()) select.focus();
          alert.textContent = `${name}: ${said(error)}`;
          alert.hidden = false;
          alert.scrollIntoView({ block: 'nearest' });
        }
      };
      return el('label', { class: 'article-switch' }, el('span', {}, text), select, field === 'support' && note());
    }
  };
  return row;
}
