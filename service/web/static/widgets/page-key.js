// An article's key made from its page's address, as the server makes it (articles/rules.py).

const TRACKING =
  /^(utm_.*|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|twclid|ttclid|igshid|igsh|mc_cid|mc_eid|_ga|_gl|_hsenc|_hsmi|mkt_tok|vero_id|wt_mc|ref_src|ref_url|at_medium|at_campaign|cmpid)$/i;
const LONGEST = 200;
const HASH = 32;

/**
 * An address as it may be passed on: nothing in it says where this reader came from.
 * @param {string} address
 */
export function withoutTracking(address) {
  const url = new URL(address);
  for (const name of [...url.searchParams.keys()]) if (TRACKING.test(name)) url.searchParams.delete(name);
  url.hash = '';
  return url.href.replace(/#$/, '');
}

/** @param {Uint8Array} bytes */
const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** @param {string} address */
export async function keyOfUrl(address) {
  const { host, pathname, searchParams } = new URL(address);
  const pairs = [...searchParams].filter(([name]) => !TRACKING.test(name));
  pairs.sort(([a, x], [b, y]) => (a === b ? Number(x > y) - Number(x < y) : a < b ? -1 : 1));
  // Python's urlencode keeps "~" and escapes "*"; URLSearchParams does the opposite.
  const query = new URLSearchParams(pairs).toString().replaceAll('%7E', '~').replaceAll('*', '%2A');
  const plain = `${host.replace(/^www\./, '').replace(/\.$/, '')}${pathname.replace(/\/+$/, '')}${query && `?${query}`}`;
  const encoder = new TextEncoder();
  const key = plain.replaceAll('/', '~').replace(/[^A-Za-z0-9._~:-]/gu, (char) => `-${hex(encoder.encode(char))}`);
  if (key.length <= LONGEST) return key;
  const digest = hex(new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(key)))).slice(0, HASH);
  return `${key.slice(0, LONGEST - HASH - 1)}-${digest}`;
}

/**
 * The key of the element's article: of the page that it is on, or of another, on a front page for instance.
 * @param {HTMLElement} host
 * @param {string} page
 */
export function keyFor(host, page) {
  const url = host.getAttribute('url');
  return keyOfUrl(url && URL.canParse(url, document.baseURI) ? new URL(url, document.baseURI).href : page);
}
