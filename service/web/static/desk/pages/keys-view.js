// One key: what it says of texts and whether it is trusted, the texts that it let be stored, its use.

import { button, el } from '../../widgets/dom.js';
import { call } from '../calls.js';
import { number } from './alerts-figures.js';
import { examples, isGone, nameOf, trustKey } from './keys-forms.js';
import { texts } from './keys-texts.js';
import { use } from './keys-use.js';
import { alertBox, doing, head } from './parts.js';

/** @typedef {import('./keys-types.js').Key} Key */
/** @typedef {import('./keys-types.js').Example} Example */
/** @typedef {import('./keys-types.js').Kept} Kept */
/** @typedef {(text: string, work: () => Promise<unknown>) => Promise<void>} Act does what a button is for, and says so unless that answers false */

/** @type {Record<Example['label'], [text: string, tone: string]>} */
const SAYS = { spam: ['spam', 'bad'], ham: ['no spam', 'good'], abuse: ['abusive', 'bad'], fine: ['fine', 'good'] };
/** @type {Record<string, string>} */
const SOURCES = { 'submit-spam': 'by Akismet’s submit-spam', 'submit-ham': 'by Akismet’s submit-ham', suggestscore: 'by Perspective’s suggestscore' };

const NOTHING_SAID = 'It has said nothing yet. Where a moderator of the other system corrects what was scored here, that system can tell: with Perspective’s protocol by suggestscore, with Akismet’s by submit-spam and submit-ham.';

/**
 * Shows one key in `root`, until `back` is asked for.
 * @param {HTMLElement} root
 * @param {{ key: Key, list: string, path: string }} given `list` and `path`: where all keys are, and this one
 * @param {AbortSignal} signal
 * @param {() => void} back
 */
export async function show(root, { key, list, path }, signal, back) {
  let now = key;
  const alert = alertBox();
  const news = el('p', { class: 'told', role: 'status' });
  const leave = button('back', 'All keys', back, { class: 'act' });
  const body = el('div', { class: 'accounts' });

  /** Learns how the key is now; false where it is no more. */
  const refresh = async () => {
    const { items } = await call('GET', list);
    const found = items.find((/** @type {Key} */ one) => one.id === key.id);
    if (signal.aborted || !body.isConnected) return false;
    if (found) said.fill((now = found));
    else {
      news.textContent = '';
      body.replaceChildren(el('p', { class: 'alert', role: 'alert' }, 'This key has been revoked meanwhile: nothing can be asked with it any more.'));
      leave.focus();
    }
    return Boolean(found);
  };
  /** @type {Act} */
  const act = (text, work) =>
    doing(alert, async () => {
      news.textContent = '';
      let done;
      try {
        done = await work();
      } catch (error) {
        if (!isGone(error) || (await refresh())) throw error;
        return;
      }
      if ((await refresh()) && done !== false) news.textContent = text;
    });

  const said = saying(path, () => now, refresh, act, signal);
  const kept = storing(path, () => now, act, said.title, signal);
  const days = use(path, signal);
  const about = 'What another system says of texts with this key, what it lets be stored, and how much it asks.';
  body.append(said.node, kept.node, el('section', { 'aria-labelledby': 'key-use' }, el('h3', { id: 'key-use' }, 'Use in the last 30 days'), days.node));
  root.replaceChildren(el('div', { class: 'accounts key-view' }, head(`API key: ${key.label || 'no label'}`, about, leave), alert, news, body));
  leave.focus();
  said.fill(now);
  await Promise.all([said.load(), kept.load(), days.load(), doing(alert, refresh)]);
}

/**
 * What the key says, and the trust in it.
 * @param {string} path
 * @param {() => Key} now
 * @param {() => Promise<boolean>} refresh
 * @param {Act} act
 * @param {AbortSignal} signal
 */
function saying(path, now, refresh, act, signal) {
  const title = el('h3', { id: 'key-said', tabindex: -1 }, 'What it says');
  const state = el('p', { class: 'state' });
  const trust = button('trust', '', () => {
    if (now().trusted) act('Not trusted any more.', () => call('PATCH', path, { trusted: false }));
    else act('Trusted.', async () => (await refresh()) && trustKey(path, now()));
  }, { class: 'act' });
  const forget = button('forget-examples', '', () => {
    const { examples: count } = now();
    all.forgetAll(`Forget ${count === 1 ? 'the example' : `all ${number.format(count)} examples`} of ${nameOf(now())}?`);
  }, { class: 'act reject' });
  const all = texts({ name: 'What it says', path: `${path}/examples`, about: said, none: NOTHING_SAID, act, home: () => title }, signal);
  /** @param {Key} key */
  const fill = ({ examples: count, trusted }) => {
    state.replaceChildren(el('span', { class: `badge ${trusted ? 'good' : 'wait'}` }, trusted ? 'Trusted' : 'Not trusted'), ' ', `${examples(count)}. ${means(count, trusted)}`);
    trust.textContent = trusted ? 'Trust no longer' : 'Trust this key …';
    forget.textContent = count > 1 ? `Forget all ${number.format(count)} …` : 'Forget it …';
    forget.hidden = !count;
  };
  return { node: el('section', { 'aria-labelledby': 'key-said' }, title, state, el('div', { class: 'key-do' }, trust, forget), all.node), title, load: all.load, fill };
}

/** @param {number} count @param {boolean} trusted */
function means(count, trusted) {
  if (trusted) return 'The site’s model learns from what this key says, now and in future.';
  return count ? 'The site’s model learns nothing from them.' : 'What comes is kept apart: the site’s model learns nothing from it.';
}

/** @param {Example} example */
function said({ label, source, score }) {
  const [text, tone] = SAYS[label] ?? [label, ''];
  return [el('span', { class: `badge ${tone}` }, text), ' ', `${SOURCES[source] ?? source}${score === null ? '' : `, score ${score.toFixed(2)}`}`];
}

/**
 * The texts that were stored, where there can be any.
 * @param {string} path
 * @param {() => Key} now
 * @param {Act} act
 * @param {HTMLElement} before what has the focus when this goes
 * @param {AbortSignal} signal
 */
function storing(path, now, act, before, signal) {
  const title = el('h3', { id: 'key-kept', tabindex: -1 }, 'Stored texts');
  const state = el('p', { class: 'state' });
  const forget = button('forget-texts', 'Forget all stored texts …', () => all.forgetAll(`Forget all stored texts of ${nameOf(now())}?`), { class: 'act reject', hidden: true });
  const node = el('section', { 'aria-labelledby': 'key-kept', hidden: !now().keeps }, title, state, el('div', { class: 'key-do' }, forget));
  const all = texts({
    name: 'Stored texts',
    path: `${path}/texts`,
    about: scored,
    none: 'None is stored yet: only what its sender lets be stored is.',
    act,
    found: (any) => {
      node.hidden = !any && !now().keeps;
      forget.hidden = !any;
      state.textContent = now().keeps ? 'Each goes by itself after 30 days.' : 'Nothing more is stored. What is goes by itself, 30 days after it came.';
    },
    home: () => (node.hidden ? before : title),
  }, signal);
  node.append(all.node);
  return { node, load: all.load };
}

/** @param {Kept} kept */
function scored({ scores }) {
  const found = Object.entries(scores).sort(([, one], [, other]) => other - one);
  return [found.map(([name, score]) => `${name.toLowerCase().replaceAll('_', ' ')} ${score.toFixed(2)}`).join(' · ') || 'no scores'];
}
