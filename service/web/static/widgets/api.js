// Talking to the server, and the little that is kept in the page's own storage.

/** A call that failed; `status` 0 means that no answer came. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {import('./types.js').Problem} problem
   * @param {number} wait seconds after which another try makes sense
   */
  constructor(status, problem, wait) {
    super(problem.detail || `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
    this.wait = wait;
  }
}

/** @param {string | null} header Retry-After: seconds or a date */
const seconds = (header) =>
  header ? Number(header) || Math.max(0, (Date.parse(header) - Date.now()) / 1000) || 0 : 0;

/** @typedef {(method: string, path: string, options?: import('./types.js').Call) => Promise<any>} Api */

/**
 * The calls of one site. They answer the JSON of a success and throw an ApiError otherwise.
 * @param {URL} base
 * @param {string} site
 * @returns {Api}
 */
export const site = (base, site) => async (method, path, options = {}) => {
  const { body, token, headers = {}, query = {}, signal, keepalive } = options;
  const url = new URL(`v1/sites/${encodeURIComponent(site)}/${path}`, base);
  for (const [name, value] of Object.entries(query)) if (value) url.searchParams.set(name, value);
  if (body) headers['Content-Type'] = 'application/json';
  if (token) headers.Authorization = `Bearer ${token}`;
  const timeout = AbortSignal.timeout(20_000);
  let response, text;
  try {
    response = await fetch(url, {
      method,
      headers,
      keepalive,
      credentials: 'omit',
      cache: 'no-cache', // ask whether it has changed: a writer must read what was written
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      body: body ? JSON.stringify(body) : undefined,
    });
    text = await response.text();
  } catch (error) {
    throw new ApiError(0, { detail: String(error) }, 0);
  }
  let json;
  try {
    json = text ? JSON.parse(text) : undefined;
  } catch {
    // A proxy in between answered with a page of its own.
  }
  if (response.ok) return json;
  throw new ApiError(response.status, json ?? {}, seconds(response.headers.get('Retry-After')));
};

/** The page's storage may be full, forbidden or cleared: nothing may depend on it. */
export const kept = {
  /**
   * @template T
   * @param {string} key
   * @param {T} otherwise
   * @param {'localStorage' | 'sessionStorage'} [area]
   * @returns {T}
   */
  get(key, otherwise, area = 'localStorage') {
    try {
      return JSON.parse(window[area].getItem(`rejoinder:${key}`) ?? 'null') ?? otherwise;
    } catch {
      return otherwise;
    }
  },

  /**
   * @param {string} key
   * @param {unknown} value `null` forgets it
   * @param {'localStorage' | 'sessionStorage'} [area]
   */
  set(key, value, area = 'localStorage') {
    try {
      if (value === null) window[area].removeItem(`rejoinder:${key}`);
      else window[area].setItem(`rejoinder:${key}`, JSON.stringify(value));
    } catch {
      // Full or forbidden.
    }
  },
};

/** The address under which the publisher knows this page. */
export function pageUrl() {
  /** @type {HTMLLinkElement | null} */
  const canonical = document.querySelector('link[rel="canonical"][href]');
  return (canonical?.href ?? location.href).replace(/#.*/, '');
}

/**
 * The address of an article that isn't this page, on a front page for instance.
 * @param {HTMLElement} host
 */
function addressOf(host) {
  const url = host.getAttribute('url');
  return url && URL.canParse(url, document.baseURI) ? new URL(url, document.baseURI).href : undefined;
}

/**
 * The article's key: the attribute, else made from the page's address (DESIGN.md).
 * @param {HTMLElement} host
 */
export const articleKey = async (host) =>
  host.getAttribute('article') || (await import('./page-key.js')).keyOfUrl(addressOf(host) ?? pageUrl());
