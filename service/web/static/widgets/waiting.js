// When another try makes sense.

/**
 * @param {import('./api.js').ApiError} error
 * @returns {number} seconds, by its Retry-After: seconds or a date (RFC 9110, section 10.2.3)
 */
export const waitOf = ({ after }) =>
  after ? Number(after) || Math.max(0, (Date.parse(after) - Date.now()) / 1000) || 0 : 0;
