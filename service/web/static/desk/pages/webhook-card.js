// One webhook: how it fares, and what can be done with it.

import { button, el } from '../../widgets/dom.js';
import { call } from '../calls.js';
import { time } from '../saying.js';
import { deliveries } from './webhook-deliveries.js';
import { fields, nameOf } from './webhook-fields.js';

/** @typedef {import('./webhook-types.js').Webhook} Webhook */
/** @typedef {import('./webhook-types.js').Delivery} Delivery */

const PATIENCE = 40; // looks for what became of a ping, half a second apart

/**
 * Shows a secret in a webhook's card, and takes the focus: it is seen, and read out, this once.
 * @param {Element | null} place
 * @param {string} secret
 */
export function showSecret(place, secret) {
  const shown = el('code', { class: 'secret', tabindex: 0 }, secret);
  const copied = el('span', { class: 'quiet', role: 'status' });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(secret);
      copied.textContent = 'Copied.';
    } catch {
      getSelection()?.selectAllChildren(shown);
      copied.textContent = 'Selected: copy it with your keyboard.';
    }
  };
  const kept = () => {
    const next = node.closest('.webhook')?.querySelector('.actions button:not([hidden])');
    node.remove();
    if (next instanceof HTMLElement) next.focus();
  };
  const node = el(
    'div',
    { class: 'notice', role: 'group', 'aria-label': 'The secret' },
    el('p', {}, el('b', {}, 'Its secret, shown this once. '), 'Give it to the receiver: by it, messages are known to come from here.'),
    shown,
    el('p', { class: 'with-buttons' }, button('copy', 'Copy', copy, { class: 'act' }), button('kept', 'I have kept it', kept, { class: 'link' }), copied),
  );
  place?.replaceChildren(node);
  shown.focus();
}

/**
 * @param {Webhook} first
 * @param {AbortSignal} signal
 * @param {() => void} removed
 */
export function card(first, signal, removed) {
  let webhook = first;
  const own = `v1/moderation/webhooks/${first.id}`;
  const url = el('h3', { class: 'url' });
  const state = el('p', { class: 'state' });
  const about = el('p', { class: 'quiet about' });
  const notices = el('div', { class: 'notices' });
  const told = el('p', { class: 'told', role: 'status' });
  const form = el('div', { class: 'changing', hidden: true });
  const list = deliveries(own, signal, () => refresh());

  /** @param {() => Promise<unknown>} act */
  const doing = (act) => async () => {
    told.classList.remove('bad');
    told.textContent = '';
    try {
      await act();
    } catch (error) {
      told.classList.add('bad');
      told.textContent = error instanceof Error ? error.message : String(error);
    }
  };
  const change = button('change', 'Change', () => {
    form.hidden = !form.hidden;
    if (form.hidden) return;
    const made = fields('Save', webhook, async (given) => {
      fill(await call('PATCH', own, given));
      form.hidden = true;
      change.focus();
    });
    form.replaceChildren(made.node);
    made.node.querySelector('input')?.focus();
  }, { class: 'act' });
  const pause = button('pause', '', doing(async () => fill(await call('PATCH', own, { enabled: !webhook.enabled }))), { class: 'act' });
  const ping = button('ping', 'Send a ping', doing(async () => {
    ping.disabled = true;
    told.textContent = 'Sending a ping …';
    try {
      told.textContent = await outcome(own, await call('POST', `${own}/test`), signal);
    } finally {
      ping.disabled = false;
      await refresh();
    }
  }), { class: 'act' });
  const rotate = button('rotate', 'New secret', doing(async () => {
    if (!confirm('Make a new secret? The one in use signs beside it for 24 hours, so that the receiver can change over.')) return;
    const made = await call('POST', `${own}/secret`);
    fill(made.webhook);
    showSecret(notices, made.secret);
  }), { class: 'act' });
  const remove = button('remove', 'Remove', doing(async () => {
    if (!confirm(`Remove the webhook to ${new URL(webhook.url).host}, and what is still to be sent there?`)) return;
    await call('DELETE', own);
    removed();
  }), { class: 'act reject' });

  /** @param {Webhook} now */
  const fill = (now) => {
    webhook = now;
    url.textContent = now.url;
    const [word, tone] = now.enabled ? (now.failing_since ? ['Failing', 'bad'] : ['On', 'good']) : ['Paused', 'wait'];
    state.replaceChildren(el('span', { class: `badge ${tone}` }, word));
    if (now.enabled && now.failing_since) state.append(' nothing has got through since ', time(now.failing_since));
    if (!now.enabled) state.append(' ', now.stopped ?? 'nothing of what happens meanwhile is told');
    about.replaceChildren(
      now.events.map(nameOf).join(', '),
      ' · added ',
      time(now.created_at),
      now.created_by ? ` by ${now.created_by}` : '',
      now.previous_until ? ' · the secret before still signs, too' : '',
    );
    pause.textContent = now.enabled ? 'Pause' : 'Resume';
    ping.hidden = !now.enabled;
    list.count(now.waiting, now.dead);
  };
  const refresh = async () => {
    const { items } = await call('GET', `v1/moderation/webhooks?site=${encodeURIComponent(webhook.site)}`);
    const now = items.find((/** @type {Webhook} */ one) => one.id === webhook.id);
    if (now) fill(now);
  };
  fill(first);
  return el(
    'li',
    { class: 'webhook' },
    el('div', { class: 'webhook-head' }, url, state),
    about,
    notices,
    el('div', { class: 'actions' }, ping, change, pause, rotate, remove),
    told,
    form,
    list.node,
  );
}

/**
 * What became of a ping, in words.
 * @param {string} own
 * @param {Delivery} sent
 * @param {AbortSignal} signal
 */
async function outcome(own, sent, signal) {
  for (let look = 0; look < PATIENCE && !signal.aborted; look += 1) {
    await new Promise((done) => setTimeout(done, 500));
    const now = await call('GET', `${own}/deliveries/${sent.id}`);
    if (now.state === 'delivered') return `It works: the receiver answered ${now.last_status}.`;
    if (now.state === 'dead') throw new Error(`It did not arrive. ${now.last_error}.`);
  }
  return 'The ping still waits: is the worker running?';
}
