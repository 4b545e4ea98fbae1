// Talking to the server, and the little that is kept in the page's own storage.

/** A call that failed; `status` 0 means that no answer came. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {import('./types.js').Problem} problem
   * @param {string | null} [after] the header Retry-After
   */
  constructor(status, problem, after) {
    super(problem.detail || `HTTP ${status}`);
    this.status = status;
    this.problem = problem;
    this.after = after;
  }
}

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
      signal: (signal && AbortSignal.any?.([signal, timeout])) ?? signal ?? timeout, // Safari 16 has no `any`
      body: body ? JSON.stringify(body) : undefined,
    });
    text = await response.text();
  } catch (error) {
    throw new ApiError(0, { detail: String(error) });
  }
  let json;
  try {
    json = text ? JSON.parse(text) : undefined;
  } catch {
    // A proxy in between answered with a page of its own.
  }
  if (response.ok) return json;
  throw new ApiError(response.status, json ?? {}, response.headers.get('Retry-After'));
};

/** @type {Map<string, unknown>} what isn't stored, but for whom the alerts have asked: that must be true */
const spare = new Map();

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
      return spare.get(area + key) ?? JSON.parse(window[area].getItem(`rejoinder:${key}`) ?? 'null') ?? otherwise;
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
    spare.delete(area + key);
    try {
      if (value === null) window[area].removeItem(`rejoinder:${key}`);
      else window[area].setItem(`rejoinder:${key}`, JSON.stringify(value));
    } catch {
      if (!/^push|^visits/.test(key)) spare.set(area + key, value);
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
 * The article's key: the attribute, else made from the page's address (DESIGN.md).
 * @param {HTMLElement} host
 */
export const articleKey = async (host) =>
  host.getAttribute('article') || (await import('./page-key.js')).keyFor(host, pageUrl());
