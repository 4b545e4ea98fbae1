// The desk's calls: same origin, by session cookie, with the CSRF header on what changes something.

/** @typedef {import('./types.js').Session} Session */

const EMPTY = [202, 204]; // the statuses of answers without a body
const root = new URL('../', import.meta.url);

/** @param {string} path an address of the service, for what the browser loads by itself */
export const address = (path) => new URL(path, root).href;

/** A call that failed; `status` 0 means that no answer came. */
export class CallError extends Error {
  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

let csrf = '';
let own = ''; // the moderator's id

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @param {RequestInit} [more]
 * @returns {Promise<any>}
 * @throws {CallError}
 */
export async function call(method, path, body, more) {
  let response;
  try {
    response = await fetch(new URL(path, root), {
      ...more,
      method,
      credentials: 'same-origin',
      signal: AbortSignal.timeout(30_000),
      headers: {
        ...(method === 'GET' ? {} : { 'X-CSRF-Token': csrf }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new CallError(0, 'The service could not be reached. Please check your connection.');
  }
  if (response.status === 403 && method !== 'GET' && (await newSession())) return call(method, path, body, more);
  const answer = await response.json().catch(() => undefined);
  if (response.ok) {
    if (answer !== undefined || EMPTY.includes(response.status)) return answer;
    throw new CallError(0, 'The answer of the service was cut off.');
  }
  const again = response.headers.get('Retry-After');
  const wait = response.status === 429 && again ? ` Please try again in ${again} seconds.` : '';
  throw new CallError(response.status, (answer?.detail || answer?.title || `HTTP ${response.status}`) + wait);
}

/**
 * Whether the session is another one since: somebody has signed in in another window.
 * @throws {CallError} 401 where that was another moderator, in whose name nothing may be done here
 */
async function newSession() {
  const known = csrf;
  const session = await call('GET', 'desk/session').catch(() => null);
  if (!session || session.csrf === known) return false;
  if (own && session.moderator.id !== own) throw new CallError(401, 'Somebody else has signed in in this browser.');
  csrf = session.csrf;
  return true;
}

/**
 * Who is signed in, by the one-time token or the password where there is one; null where nobody is.
 * @param {{ token: string } | { email: string, password: string } | null} by
 * @returns {Promise<Session | null>}
 * @throws {CallError} where the token or the password is no good, or the service can't be reached
 */
export async function openSession(by) {
  try {
    const session = await call(by ? 'POST' : 'GET', 'desk/session', by ?? undefined);
    csrf = session.csrf;
    own = session.moderator.id;
    return session;
  } catch (error) {
    if (!by && error instanceof CallError && error.status === 401) return null;
    throw error;
  }
}

export const closeSession = () => call('DELETE', 'desk/session');
