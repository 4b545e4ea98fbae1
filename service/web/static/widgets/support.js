// <support-us>: the newsroom's own words and a link to its own donation page.

import { articleKey, kept, site } from './api.js';
import { button, el, shadow } from './dom.js';

const REST = 30 * 86_400_000;

/**
 * @param {HTMLElement} host attributes `href`, `headline`, `label`; the text stands inside it
 * @param {URL} base
 * @param {AbortSignal} signal
 * @param {string} lang
 */
export async function mount(host, base, signal, lang) {
  const href = host.getAttribute('href') ?? '';
  const name = host.getAttribute('site') || 'default';
  const key = `support:${name}`;
  if (!/^https?:/.test(new URL(href || '#', document.baseURI).protocol) || !href) return;
  const { box, w } = await shadow(host, 'bars.css', lang, 'support');
  const T = w.support;
  if (signal.aborted || Date.now() - kept.get(key, 0) < REST) return;
  const call = site(base, name);
  const path = `articles/${encodeURIComponent(await articleKey(host))}/engagement`;
  const count = () => {
    call('POST', path, { body: { kind: 'support' }, keepalive: true }).catch(() => {});
  };
  const away = () => {
    kept.set(key, Date.now());
    box.replaceChildren();
  };
  box.append(
    el(
      'aside',
      { class: 'support', part: 'box', 'aria-labelledby': 'headline' },
      el('h2', { id: 'headline', part: 'heading' }, host.getAttribute('headline') || T.headline),
      el('div', { class: 'words', part: 'text' }, el('slot')),
      el(
        'div',
        { class: 'bar' },
        el('a', { class: 'send', href, part: 'button', onclick: count }, host.getAttribute('label') || T.link),
        button('dismiss', T.dismiss, away, { class: 'quiet' }),
      ),
    ),
  );
}
