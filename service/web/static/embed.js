// Defines the elements; what each one does is loaded when it is needed.
// Until that has arrived, or where a blocker stops it, the link inside the element stays.

const base = new URL('.', import.meta.url);

/** @typedef {{ mount(host: HTMLElement, base: URL, signal: AbortSignal, lang: string): Promise<void> }} Widget */

/** @param {HTMLElement} host */
const wantsNow = (host) => host.getAttribute('load') === 'eager' || /^#comment-/.test(location.hash);

/**
 * The language of the element's place, as HTML inherits it, also through shadow roots.
 * @param {Element | undefined} host
 * @returns {string} BCP 47; English where the page doesn't say, or says what is no language
 */
const langOf = (host) => {
  const said = host?.closest('[lang]')?.getAttribute('lang');
  const root = host?.getRootNode();
  if (said == null && root instanceof ShadowRoot) return langOf(root.host);
  try {
    return Intl.getCanonicalLocales(said?.replaceAll('_', '-') || 'en')[0];
  } catch {
    return 'en';
  }
};

/** @type {Set<() => void>} */
const shown = new Set();

/** @type {Record<string, string>} */
const NAMES = {
  comments: 'reader-comments', alerts: 'article-alerts', share: 'share-bar', support: 'support-us', count: 'reader-count',
};

/**
 * What a div may hand on to the element inside it. Editors that strip unknown tags let any
 * `data-` attribute pass: none of them may become script.
 * @param {string} name
 * @param {string} value
 */
const harmless = (name, value) =>
  /^(?!on|style$|is$|id$|slot$)[a-z-]+$/.test(name) &&
  (!/^(href|url)$/.test(name) || /^https?:$/.test(Object.assign(document.createElement('a'), { href: value }).protocol));

/**
 * `<div data-rejoinder="comments" data-site="…">`: puts the element inside, with what stood there.
 * @param {HTMLElement} div
 */
function fill(div) {
  const tag = NAMES[div.dataset.rejoinder ?? ''];
  if (!tag) return;
  /** @type {HTMLElement | null} */
  const there = div.querySelector(`:scope > ${tag}`);
  const inner = there ?? document.createElement(tag);
  for (const { name, value } of div.attributes) {
    const given = /^data-(?!rejoinder$)(.+)/.exec(name)?.[1];
    if (given && harmless(given, value) && inner.getAttribute(given) !== value) inner.setAttribute(given, value);
  }
  if (there) return;
  inner.append(...div.childNodes);
  div.append(inner);
}

const DIV = '[data-rejoinder]';
/** @type {Set<HTMLElement>} */
const hosts = new Set();
let token = ''; // in memory only: whoever comes to this browser next is somebody else

/** @param {HTMLElement} host */
const heed = (host) => host.dispatchEvent(new Event('rejoinder:token'));

/** @param {string} [given] the reader's JWT; none signs out. It goes before the elements' own. */
const sign = (given = '') => {
  token = given;
  for (const host of hosts) {
    host.removeAttribute('token');
    heed(host);
  }
};
/** @type {any} */ (window).rejoinder ??= Object.freeze({ signIn: sign, signOut: () => sign() });

// A page that changes its language, or that of a part, takes its elements with it.
new MutationObserver((records) => {
  if (records.some(({ attributeName }) => attributeName === 'lang')) shown.forEach((look) => look());
  for (const { target, addedNodes } of records) {
    for (const node of [target, ...addedNodes]) {
      if (!(node instanceof HTMLElement)) continue;
      if (node.matches(DIV)) fill(node);
      if (node !== target) node.querySelectorAll(DIV).forEach((div) => fill(/** @type {HTMLElement} */ (div)));
    }
  }
}).observe(document, {
  subtree: true,
  childList: true,
  attributeFilter: ['lang', ...['rejoinder', 'site', 'article', 'lang'].map((name) => `data-${name}`)],
});

/**
 * Resolves when the host comes near the viewport.
 * @param {HTMLElement} host
 * @param {AbortSignal} signal
 */
const near = (host, signal) =>
  new Promise((resolve) => {
    const seen = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) {
          seen.disconnect();
          resolve(undefined);
        }
      },
      { rootMargin: '400px' },
    );
    seen.observe(host);
    addEventListener('hashchange', () => wantsNow(host) && resolve(undefined), { signal });
    signal.addEventListener('abort', () => seen.disconnect());
  });

/**
 * @param {string} tag
 * @param {() => Promise<Widget>} load
 * @param {boolean} [lazy] wait until the element is nearly seen
 */
function define(tag, load, lazy = false) {
  if (customElements.get(tag)) return;
  customElements.define(
    tag,
    class extends HTMLElement {
      static observedAttributes = ['site', 'article', 'lang', 'token'];
      /** @type {AbortController | undefined} */
      #life;
      #lang = '';
      #look = () => this.#lang === langOf(this) || this.#again();

      get token() {
        return this.getAttribute('token') ?? token;
      }

      set token(given) {
        if (given) this.setAttribute('token', given);
        else this.removeAttribute('token');
      }

      connectedCallback() {
        hosts.add(this);
        shown.add(this.#look);
        this.#start();
      }

      disconnectedCallback() {
        hosts.delete(this);
        shown.delete(this.#look);
        this.#life?.abort();
        this.#life = undefined;
      }

      /**
       * A single-page site shows another article in the same element.
       * @param {string} name
       * @param {string | null} before
       * @param {string | null} after
       */
      attributeChangedCallback(name, before, after) {
        if (before === after) return;
        if (name === 'token') heed(this);
        else if (name === 'lang') this.#look();
        else this.#again();
      }

      #again() {
        if (!this.#life) return;
        this.#life.abort();
        this.#start();
      }

      async #start() {
        this.#lang = langOf(this);
        const { signal } = (this.#life = new AbortController());
        try {
          const waits = lazy ? this.getAttribute('load') !== 'eager' : this.getAttribute('load') === 'visible';
          if (waits && !wantsNow(this)) await near(this, signal);
          if (signal.aborted) return;
          const widget = await load();
          if (!signal.aborted) await widget.mount(this, base, signal, this.#lang);
        } catch (error) {
          if (!signal.aborted) console.warn(`<${tag}> could not start:`, error);
        }
      }
    },
  );
}

define('reader-comments', () => import('./widgets/comments.js'), true);
define('article-alerts', () => import('./widgets/alerts.js'));
define('share-bar', () => import('./widgets/share.js'));
define('support-us', () => import('./widgets/support.js'));
define('reader-count', () => import('./widgets/count.js'));

document.querySelectorAll(DIV).forEach((div) => fill(/** @type {HTMLElement} */ (div)));
