// A moment's work before a comment is taken, while the site is under attack: ALTCHA's version 2,
// PBKDF2 until the key begins as it must. Loaded only then.

/**
 * @typedef {object} Challenge
 * @property {{ algorithm: string, nonce: string, salt: string, cost: number, keyLength: number, keyPrefix: string }} parameters
 * @property {string} [signature]
 */

const AT_ONCE = 16; // derivations under way: the browser spreads them over its cores
const MOST = 50_000; // a hundred times as many as it takes on average

/** @param {string} hex */
const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (two) => parseInt(two, 16));

/** @param {Uint8Array} from */
const hex = (from) => [...from].map((one) => one.toString(16).padStart(2, '0')).join('');

/**
 * @param {Challenge} challenge
 * @returns {Promise<string>} what the service takes as `proof`
 * @throws where the page isn't secure (WebCrypto is missing), or nothing was found
 */
export async function solve(challenge) {
  const { nonce, salt, cost, keyLength, keyPrefix, algorithm } = challenge.parameters;
  const how = { name: 'PBKDF2', hash: algorithm.split('/')[1], salt: bytes(salt), iterations: cost };
  const password = new Uint8Array([...bytes(nonce), 0, 0, 0, 0]);
  const counter = new DataView(password.buffer, password.length - 4);

  /** @param {number} number */
  const derive = async (number) => {
    counter.setUint32(0, number);
    const key = await crypto.subtle.importKey('raw', password.slice(), 'PBKDF2', false, ['deriveBits']);
    return hex(new Uint8Array(await crypto.subtle.deriveBits(how, key, keyLength * 8)));
  };

  for (let from = 0; from < MOST; from += AT_ONCE) {
    const keys = await Promise.all([...Array(AT_ONCE).keys()].map((one) => derive(from + one)));
    const at = keys.findIndex((key) => key.startsWith(keyPrefix));
    if (at >= 0) return btoa(JSON.stringify({ challenge, solution: { counter: from + at, derivedKey: keys[at] } }));
  }
  throw new Error('no solution');
}
