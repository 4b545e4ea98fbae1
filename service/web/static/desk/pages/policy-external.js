// The check elsewhere: where it is, what its answers do, its secret, and a try.

import { button, el } from '../../widgets/dom.js';
import { call } from '../calls.js';
import { row } from './policy-rules.js';

/** @typedef {import('./policy-types.js').Draft} Draft */

/** @type {[field: string, name: string, about: string][]} */
const SAYS = [
  ['signals.external', 'It says hold', 'its reason stands beside the comment'],
  ['signals.external_spam', 'It says spam', 'and so does this, unless you say otherwise'],
  ['signals.external_unknown', 'It says nothing', 'no answer in time, or not of the right form'],
];

/** @param {unknown} error */
const said = (error) => (error instanceof Error ? error.message : String(error));

/**
 * @param {Draft} draft
 * @param {string} site
 */
export function external(draft, site) {
  const p = () => draft.policy;
  const url = el('input', { type: 'url', name: 'external', maxlength: 2000, placeholder: 'none', spellcheck: 'false', autocomplete: 'off', readonly: !draft.editable, 'aria-describedby': 'external-about' });
  url.oninput = () => {
    const address = url.value.trim();
    p().external = address ? { url: address, key: p().external?.key ?? 1 } : null;
    draft.changed();
    more.hidden = !address;
  };
  const rows = SAYS.map((one) => row(draft, one));
  const tried = tester(draft, site);
  const key = secret(draft, site);
  const more = el('div', { class: 'external-more' }, el('div', { class: 'signals' }, ...rows.map(({ node }) => node)), draft.editable && key.node, draft.editable && tried);
  const node = el(
    'section',
    { 'aria-labelledby': 'external-title' },
    el('h3', { id: 'external-title' }, 'A check elsewhere'),
    el('p', { class: 'about', id: 'external-about' }, 'A service of your own that is asked about each text before anything is stored, for half a second at most. It is sent the text, the name and the article; no e-mail, and no network address.'),
    el('label', { class: 'address' }, el('b', {}, 'Its address'), url),
    more,
  );
  return {
    node,
    fill: () => {
      url.value = p().external?.url ?? '';
      more.hidden = !p().external;
      rows.forEach((one) => one.fill());
      key.fill();
    },
  };
}

/**
 * @param {Draft} draft
 * @param {string} site
 */
function secret(draft, site) {
  const number = el('span', {});
  const shown = el('p', { class: 'secret-shown', role: 'status' });
  const show = async () => {
    try {
      const query = new URLSearchParams({ site, key: String(draft.policy.external?.key ?? 1) });
      const answer = await call('GET', `v1/moderation/policy/external/secret?${query}`);
      shown.replaceChildren(el('code', { tabindex: 0 }, answer.secret));
    } catch (error) {
      shown.replaceChildren(el('span', { class: 'alert' }, said(error)));
    }
  };
  const fill = () => {
    number.textContent = `Questions are signed with secret number ${draft.policy.external?.key ?? 1}.`;
    shown.replaceChildren();
  };
  const next = () => {
    if (!draft.policy.external) return;
    draft.policy.external.key += 1;
    fill();
    draft.changed();
    shown.replaceChildren('The next one is used once you save; the one before signs beside it.');
  };
  const node = el('div', { class: 'secret-of' }, el('div', { class: 'line' }, number, el('span', { class: 'with' }, button('secret', 'Show it', show, { class: 'link' }), button('next-secret', 'Take the next one', next, { class: 'link' }))), shown);
  return { node, fill };
}

/**
 * @param {Draft} draft
 * @param {string} site
 */
function tester(draft, site) {
  const text = el('input', { type: 'text', name: 'external-text', maxlength: 10_000, placeholder: 'Type what a reader might write' });
  const found = el('div', { class: 'asked', role: 'status' });
  const ask = el('button', { type: 'submit', class: 'act' }, 'Ask it');
  const form = el('form', { class: 'tester' }, el('label', { class: 'grow' }, el('b', {}, 'Ask it about a text'), text), ask, found);
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (!text.value.trim() || !draft.policy.external) return;
    ask.disabled = true;
    try {
      const told = await call('POST', 'v1/moderation/policy/external/try', { external: draft.policy.external, text: text.value, site });
      const wait = `after ${Math.round(told.seconds * 1000)} ms`;
      found.replaceChildren(
        told.verdict
          ? el('p', {}, el('span', { class: `verdict ${told.verdict === 'ok' ? 'publish' : told.verdict}` }, `It says ${told.verdict}`), ` ${wait}.${told.reason ? ` ${told.reason}` : ''}${told.score == null ? '' : ` (${told.score.toFixed(2)})`}`)
          : el('p', { class: 'alert' }, `No usable answer ${wait}. ${told.failure}.`),
      );
    } catch (error) {
      found.replaceChildren(el('p', { class: 'alert' }, said(error)));
    }
    ask.disabled = false;
  };
  return form;
}
