// <support-us>: the newsroom's own words and a link to its own donation page, where an editor lets it.

import { articleKey, kept, pageUrl, site } from './api.js';
import { counter } from './counting.js';
import { button, el, shadow } from './dom.js';

const REST = 30 * 86_400_000;

/**
 * @param {string | null} given
 * @returns {string} '' where it isn't a page
 */
function page(given) {
  if (!given || !URL.canParse(given, document.baseURI)) return '';
  const { protocol, href } = new URL(given, document.baseURI);
  return /^https?:$/.test(protocol) ? href : '';
}

/**
 * @param {HTMLElement} host attributes `href`, `headline`, `label`; a text may stand inside it
 * @param {URL} base
 * @param {AbortSignal} signal
 * @param {string} lang
 */
export async function mount(host, base, signal, lang) {
  // What stands inside is shown once the server has said so, and not where it can't be asked: under
  // an obituary a missing appeal is the smaller harm.
  (host.shadowRoot ?? host.attachShadow({ mode: 'open' })).replaceChildren();
  const name = host.getAttribute('site') || 'default';
  const key = `support:${name}`;
  if (Date.now() - kept.get(key, 0) < REST) return;
  const path = `articles/${encodeURIComponent(await articleKey(host))}/support`;
  /** @type {{ shown: boolean, headline: string | null, text: string | null, url: string | null }} */
  const found = await site(base, name)('GET', path, { query: { url: pageUrl() }, signal });
  const href = page(host.getAttribute('href') || found.url);
  if (!found.shown) return;
  if (!href) return console.warn('<support-us> leads nowhere: set its href, or the address at the desk (Sites).');
  const [{ box, w }, count] = await Promise.all([shadow(host, 'bars.css', lang, 'support'), counter(host, base)]);
  if (signal.aborted) return;
  const T = w.support;
  const away = () => {
    kept.set(key, Date.now());
    box.replaceChildren();
  };
  const own = host.textContent?.trim() || host.childElementCount;
  const lines = (found.text ?? '').split('\n').filter((line) => line.trim());
  box.append(
    el(
      'aside',
      { class: 'support', part: 'box', 'aria-labelledby': 'headline' },
      el('h2', { id: 'headline', part: 'heading', dir: 'auto' }, host.getAttribute('headline') || found.headline || T.headline),
      el('div', { class: 'words', part: 'text' }, ...(own ? [el('slot')] : lines.map((line) => el('p', { dir: 'auto' }, line)))),
      el(
        'div',
        { class: 'bar' },
        el('a', { class: 'send', href, rel: 'noopener', part: 'button', onclick: () => count('support') }, host.getAttribute('label') || T.link),
        button('dismiss', T.dismiss, away, { class: 'quiet' }),
      ),
    ),
  );
}
