// Mastodon has no one address: the reader says which server, and it is remembered on this device.

import { kept } from './api.js';
import { el } from './dom.js';

/**
 * The host of what somebody typed: a server, its address, or one's own handle.
 * @param {string} typed
 * @returns {string} '' where there is none
 */
export function hostOf(typed) {
  const plain = typed.trim().toLowerCase().replace(/^(https?:\/\/)?(@?[\w.-]+@)?/, '').replace(/[/?#].*$/, '');
  if (/[@:\\]/.test(plain)) return '';
  const address = `https://${plain}/`;
  // The parser writes names in other scripts in ASCII; whatever else is left of it is no server.
  return URL.canParse(address) && /^[a-z0-9.-]+\.[a-z0-9-]{2,}$/.test(new URL(address).host) ? new URL(address).host : '';
}

/**
 * @param {object} given
 * @param {HTMLElement} given.opener the button that asked for it
 * @param {HTMLElement} given.below where the form stands
 * @param {import('./words.js').Words} given.w
 * @param {string} given.text
 * @param {string} given.usual the newsroom's own server
 * @param {(channel: string) => void} given.shared
 */
export function askServer({ opener, below, w, text, usual, shared }) {
  const T = w.share;
  const close = () => {
    below.replaceChildren();
    opener.ariaExpanded = 'false';
    opener.focus();
  };
  if (opener.ariaExpanded === 'true') return close();
  const wrong = el('p', { id: 'wrong', class: 'wrong', role: 'alert' });
  const input = el('input', {
    name: 'server', value: kept.get('mastodon', '') || usual, placeholder: 'mastodon.social', dir: 'ltr', inputmode: 'url',
    autocapitalize: 'none', autocomplete: 'off', spellcheck: 'false', 'aria-describedby': 'wrong',
  });
  const form = el(
    'form',
    { class: 'server', novalidate: true },
    el('label', {}, T.server, input),
    el('button', { type: 'submit', part: 'button', class: 'send' }, T.share),
    wrong,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const server = hostOf(input.value);
    wrong.textContent = server ? '' : T.wrongServer;
    input.ariaInvalid = server ? null : 'true';
    if (!server) return input.focus();
    kept.set('mastodon', server);
    shared('mastodon');
    open(`https://${server}/share?text=${encodeURIComponent(text)}`, '_blank', 'noopener,noreferrer');
    close();
  });
  form.addEventListener('keydown', (event) => event.key === 'Escape' && close());
  below.replaceChildren(form);
  opener.ariaExpanded = 'true';
  input.focus();
  input.select();
}
