// Where the desk is. The address says it whole, so that a view with its filters can be kept, sent
// to a colleague, and gone back to.

/** @type {[name: string, text: string][]} */
export const VIEWS = [
  ['held', 'Held'],
  ['reported', 'Reported'],
  ['new', 'New'],
  ['spam', 'Spam'],
  ['rejected', 'Rejected'],
  ['published', 'Published'],
];
/** @type {[name: string, text: string][]} */
export const ORDERS = [
  ['risk', 'Riskiest first'],
  ['oldest', 'Oldest first'],
  ['newest', 'Newest first'],
];
/** What narrows a view down, by the names of the API's parameters. */
export const FILTERS = ['section', 'article', 'reader', 'reason', 'label', 'min_score', 'max_score', 'since', 'until'];

const DAY = /^\d{4}-\d\d-\d\d$/;

/**
 * @typedef {object} Place
 * @property {string} name a view or a page
 * @property {string} order
 * @property {string} site '' for all
 * @property {string} q
 * @property {Record<string, string>} filters
 */

/**
 * @param {string} hash
 * @returns {Place}
 */
export function readPlace(hash) {
  const [name, query = ''] = hash.replace(/^#\/?/, '').split('?');
  const given = new URLSearchParams(query);
  const order = given.get('order') ?? '';
  /** @type {Record<string, string>} */
  const filters = {};
  for (const filter of FILTERS) {
    const value = given.get(filter);
    if (value) filters[filter] = value;
  }
  return {
    name: name || 'held',
    order: ORDERS.some(([known]) => known === order) ? order : 'risk',
    site: given.get('site') ?? '',
    q: given.get('q') ?? '',
    filters,
  };
}

/** @param {Place} place */
export function writePlace({ name, order, site, q, filters }) {
  const query = new URLSearchParams({ ...(order !== 'risk' && { order }), ...(site && { site }), ...(q && { q }), ...filters });
  return `#/${name}${query.size ? `?${query}` : ''}`;
}

/**
 * The parameters of a request for the queue. Days are the moderator's own, both included.
 * @param {Place} place
 */
export function queryOf({ name, order, site, q, filters }) {
  const query = new URLSearchParams({ view: name, order, ...(site && { site }), ...(q && { q }), ...filters });
  for (const side of ['since', 'until']) {
    const day = query.get(side);
    if (!day || !DAY.test(day)) continue;
    const [year, month, date] = day.split('-').map(Number);
    query.set(side, new Date(year, month - 1, date + (side === 'until' ? 1 : 0)).toISOString());
  }
  return query;
}
