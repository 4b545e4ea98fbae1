// <share-bar>: the device's own share sheet, else a link to copy, e-mail and plain links. No third-party script.

import { pageUrl } from './api.js';
import { counter } from './counting.js';
import { button, el, shadow } from './dom.js';
import { withoutTracking } from './page-key.js';

/** @typedef {(url: string, title: string, both: string) => string} Address all three escaped */

/** @type {Record<string, [name: string, address: Address]>} */
const NETWORKS = {
  whatsapp: ['WhatsApp', (_, __, both) => `https://wa.me/?text=${both}`],
  facebook: ['Facebook', (url) => `https://www.facebook.com/sharer/sharer.php?u=${url}`],
  bluesky: ['Bluesky', (_, __, both) => `https://bsky.app/intent/compose?text=${both}`],
  telegram: ['Telegram', (url, title) => `https://t.me/share/url?url=${url}&text=${title}`],
  threads: ['Threads', (url, title) => `https://www.threads.net/intent/post?url=${url}&text=${title}`],
  x: ['X', (url, title) => `https://x.com/intent/post?url=${url}&text=${title}`],
  linkedin: ['LinkedIn', (url) => `https://www.linkedin.com/sharing/share-offsite/?url=${url}`],
  reddit: ['Reddit', (url, title) => `https://www.reddit.com/submit?url=${url}&title=${title}`],
};
const USUAL = 'whatsapp,facebook,bluesky,mastodon,telegram';
const SHOWN = 2_500;

/**
 * What is shared: the attribute, else the canonical link, else where the page is.
 * @param {HTMLElement} host
 */
function addressOf(host) {
  const given = host.getAttribute('url');
  if (given && URL.canParse(given, document.baseURI)) return new URL(given, document.baseURI).href;
  const url = pageUrl(); // a canonical link may be no address at all
  return withoutTracking(URL.canParse(url) ? url : location.href);
}

/**
 * A title as one line; without the half of an emoji that a title cut to a length may end in,
 * which no address can carry.
 * @param {string} title
 */
const plain = (title) => title.replace(/\p{Cs}/gu, '').replace(/\s+/g, ' ').trim();

/**
 * @param {string} text
 * @param {HTMLElement} box where a field may stand for a moment
 */
async function copied(text, box) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Plain http, an embedded browser, a policy: the older way needs a selection, and the focus.
    const focused = /** @type {ShadowRoot} */ (box.getRootNode()).activeElement;
    const field = el('textarea', { readonly: true, class: 'said' }, text);
    box.append(field);
    field.select();
    const done = document.execCommand('copy');
    field.remove();
    if (focused instanceof HTMLElement) focused.focus();
    return done;
  }
}

/**
 * @param {HTMLElement} host attributes `url`, `headline`, `networks`, `mastodon`
 * @param {URL} base
 * @param {AbortSignal} signal
 * @param {string} lang
 */
export async function mount(host, base, signal, lang) {
  const url = addressOf(host);
  const title = plain(host.getAttribute('headline') || document.title);
  const both = `${title} ${url}`.trim();
  const [{ box, w }, count] = await Promise.all([shadow(host, 'bars.css', lang, 'share'), counter(host, base, url)]);
  if (signal.aborted) return;
  const T = w.share;
  const said = el('span', { class: 'said', role: 'status' });
  const below = el('div', { class: 'below' });
  /** @param {string} channel */
  const shared = (channel) => count('share', channel);
  let timer = 0;

  const copy = button('copy', T.copy, async () => {
    if (!(await copied(url, box))) return byHand();
    copy.textContent = said.textContent = T.copied;
    copy.classList.add('done');
    shared('copy');
    clearTimeout(timer);
    timer = setTimeout(() => {
      copy.textContent = T.copy;
      said.textContent = '';
      copy.classList.remove('done');
    }, SHOWN);
  }, { class: 'copy' });
  const byHand = () => {
    const field = el('input', { readonly: true, name: 'address', value: url, dir: 'ltr', oncopy: () => shared('copy'), onfocus: () => field.select() });
    mastodon.ariaExpanded = 'false'; // its form has stood there
    below.replaceChildren(el('label', { class: 'address' }, T.address, field));
    field.focus();
  };

  const [safeUrl, safeTitle, safeBoth] = [url, title, both].map(encodeURIComponent);
  /** @type {(channel: string, name: string, href: string) => HTMLElement} */
  const link = (channel, name, href) => {
    const outside = href.startsWith('https:') && { target: '_blank', rel: 'noopener noreferrer nofollow' };
    return el('a', { href, part: 'link', onclick: () => shared(channel), ...outside }, name);
  };
  const mastodon = button('mastodon', 'Mastodon', async () => {
    const { askServer } = await import('./share-server.js');
    askServer({ opener: mastodon, below, w, text: both, usual: host.getAttribute('mastodon') ?? '', shared });
  }, { 'aria-expanded': 'false' });

  const others = () => [
    link('email', T.email, `mailto:?subject=${safeTitle}&body=${safeUrl}`),
    ...new Set((host.getAttribute('networks') ?? USUAL).toLowerCase().split(/[\s,]+/)),
  ].map((one) => {
    if (one instanceof Node) return one;
    const known = Object.hasOwn(NETWORKS, one) && NETWORKS[one];
    return one === 'mastodon' ? mastodon : known && link(one, known[0], known[1](safeUrl, safeTitle, safeBoth));
  });
  const sheet = 'share' in navigator && (navigator.canShare?.({ url, title }) ?? true);
  const row = el('div', { class: 'share', part: 'row', role: 'group', 'aria-label': T.label });
  const own = button('share', T.share, async () => {
    try {
      await navigator.share({ url, title });
      shared('native');
    } catch (error) {
      // Closed by the reader, or still open; or the device has no sheet after all, and there are other ways.
      if (/^(Abort|InvalidState)Error$/.test(/** @type {Error} */ (error).name)) return;
      fill(false);
      copy.focus();
    }
  }, { class: 'native' });
  const fill = (/** @type {boolean} */ bySheet) =>
    row.replaceChildren(...[bySheet && own, copy, ...(bySheet ? [] : others()), said].filter((one) => one !== false));
  fill(sheet);
  box.append(row, below);
}
