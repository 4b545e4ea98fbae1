// <share-bar>: the device's own share sheet, or a link to copy, and plain links. No third-party script.

import { articleKey, pageUrl, site } from './api.js';
import { button, el, shadow } from './dom.js';

/** @type {Record<string, [name: string, address: (url: string, title: string) => string]>} */
const NETWORKS = {
  whatsapp: ['WhatsApp', (url, title) => `https://wa.me/?text=${title}%20${url}`],
  facebook: ['Facebook', (url) => `https://www.facebook.com/sharer/sharer.php?u=${url}`],
  bluesky: ['Bluesky', (url, title) => `https://bsky.app/intent/compose?text=${title}%20${url}`],
  mastodon: ['Mastodon', (url, title) => `https://share.joinmastodon.org/#text=${title}%20${url}`],
  telegram: ['Telegram', (url, title) => `https://t.me/share/url?url=${url}&text=${title}`],
  x: ['X', (url, title) => `https://x.com/intent/post?url=${url}&text=${title}`],
  linkedin: ['LinkedIn', (url) => `https://www.linkedin.com/sharing/share-offsite/?url=${url}`],
  reddit: ['Reddit', (url, title) => `https://www.reddit.com/submit?url=${url}&title=${title}`],
};

/**
 * @param {HTMLElement} host
 * @param {URL} base
 * @param {AbortSignal} signal
 * @param {string} lang
 */
export async function mount(host, base, signal, lang) {
  const call = site(base, host.getAttribute('site') || 'default');
  const path = `articles/${encodeURIComponent(await articleKey(host))}/engagement`;
  /** @param {string} channel counted without saying who; a share works without its count */
  const count = (channel) => {
    call('POST', path, { body: { kind: 'share', channel }, keepalive: true }).catch(() => {});
  };
  const url = host.getAttribute('url') || pageUrl();
  const title = host.getAttribute('headline') || document.title;
  const { box, w } = await shadow(host, 'bars.css', lang, 'share');
  if (signal.aborted) return;
  const T = w.share;
  const said = el('span', { class: 'said', role: 'status' });

  const copy = button('copy', T.copy, async () => {
    try {
      await navigator.clipboard.writeText(url);
      copy.textContent = said.textContent = T.copied;
      copy.classList.add('done');
      setTimeout(() => {
        copy.textContent = T.copy;
        said.textContent = '';
        copy.classList.remove('done');
      }, 2_500);
      count('copy');
    } catch {
      copy.replaceWith(el('span', { class: 'address' }, w.say(w.share.failed, { url })));
    }
  }, { class: 'copy' });
  const own = button('share', T.share, async () => {
    try {
      await navigator.share({ url, title });
      count('native');
    } catch {
      // Closed by the reader.
    }
  }, { class: 'native' });

  const [safeUrl, safeTitle] = [encodeURIComponent(url), encodeURIComponent(title)];
  /** @type {(channel: string, name: string, href: string) => HTMLElement} */
  const link = (channel, name, href) => {
    const outside = href.startsWith('https:') && { target: '_blank', rel: 'noopener nofollow' };
    return el('a', { href, part: 'link', onclick: () => count(channel), ...outside }, name);
  };
  const networks = (host.getAttribute('networks') ?? 'whatsapp,facebook,bluesky,telegram').split(/[\s,]+/);
  box.append(
    el(
      'div',
      { class: 'share', role: 'group', 'aria-label': T.label },
      'share' in navigator && own,
      copy,
      link('email', T.email, `mailto:?subject=${safeTitle}&body=${safeUrl}`),
      ...networks
        .filter((name) => name in NETWORKS)
        .map((name) => link(name, NETWORKS[name][0], NETWORKS[name][1](safeUrl, safeTitle))),
      said,
    ),
  );
}
