// Defines the elements; what each one does is loaded when it is needed.
// Until that has arrived, or where a blocker stops it, the link inside the element stays.

const base = new URL('.', import.meta.url);

/** @typedef {{ mount(host: HTMLElement, base: URL, signal: AbortSignal): Promise<void> }} Widget */

/** @param {HTMLElement} host */
const wantsNow = (host) =>
  host.getAttribute('load') === 'eager' || /^#comment-/.test(location.hash);

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
      static observedAttributes = ['site', 'article'];
      /** @type {AbortController | undefined} */
      #life;

      connectedCallback() {
        this.#start();
      }

      disconnectedCallback() {
        this.#life?.abort();
        this.#life = undefined;
      }

      /**
       * A single-page site shows another article in the same element.
       * @param {string} _name
       * @param {string | null} before
       * @param {string | null} after
       */
      attributeChangedCallback(_name, before, after) {
        if (!this.#life || before === after) return;
        this.#life.abort();
        this.#start();
      }

      async #start() {
        const { signal } = (this.#life = new AbortController());
        try {
          if (lazy && !wantsNow(this)) await near(this, signal);
          if (signal.aborted) return;
          const widget = await load();
          if (!signal.aborted) await widget.mount(this, base, signal);
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
