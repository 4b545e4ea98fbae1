// The push worker. It lives on the publisher's own origin, on a scope of its own, and does nothing
// but alerts: no fetch handler, no caching. Download it or have it served from this address.

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const { scope } = worker.registration;
const site = decodeURIComponent(scope.split('/').at(-2) ?? '');
const MOST_WAITING = 20;

/**
 * What the page left for the worker: where the service is, which subscription is ours, its words.
 * @typedef {{ base: string, site: string, topics: string[], id: string, token: string, fewer?: string }} Note
 * @returns {Promise<Note | undefined>}
 */
const note = async () => (await caches.match(`${scope}note`, { cacheName: `rejoinder-push:${site}` }))?.json();

/** @type {(method: string, url: string, body: unknown, token?: string) => Promise<Response>} */
const send = (method, url, body, token) =>
  fetch(url, {
    method,
    credentials: 'omit',
    headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
    body: body ? JSON.stringify(body) : undefined,
  });

/** @type {(path: string, body: { receipt?: string, [field: string]: unknown }, base?: string) => Promise<void>} */
async function report(path, body, base) {
  const root = (base ?? (await note())?.base)?.replace(/\/?$/, '/');
  if (body.receipt && root) await send('POST', `${root}v1/push/${path}`, body);
}

/**
 * Tells the service of which alerts the reader wants fewer, first of those that it couldn't be told.
 * @param {{ receipt: string, base?: string }} [now]
 */
async function tell(now) {
  const cache = await caches.open(`rejoinder-push:${site}`);
  const place = `${scope}fewer`;
  /** @type {{ receipt: string, base?: string }[]} */
  const waiting = [...((await (await cache.match(place))?.json()) ?? []), ...(now ? [now] : [])].slice(-MOST_WAITING);
  const keep = () => cache.put(place, new Response(JSON.stringify(waiting)));
  if (now) await keep(); // a worker may be ended at any moment
  const endpoint = waiting.length && (await worker.registration.pushManager.getSubscription())?.endpoint;
  for (; waiting.length; await keep()) {
    const { receipt, base } = waiting[0];
    await report('fewer', { receipt, endpoint }, base);
    waiting.shift();
  }
}

let told = Promise.resolve();
/** @param {{ receipt: string, base?: string }} [now] One after the other: each keeps what is left. */
const fewer = (now) => (told = told.catch(() => {}).then(() => tell(now)));

worker.addEventListener('install', () => worker.skipWaiting());

worker.addEventListener('push', (event) => {
  let data;
  try {
    data = event.data?.json();
  } catch {
    data = { title: event.data?.text() };
  }
  // Safari's declarative form holds a "notification"; older senders put its fields on top.
  const { title, body, navigate, url, tag, icon, badge, image } = data?.notification ?? data ?? {};
  const { receipt, base } = data ?? {};
  const show = async () => {
    const { fewer: text = 'Fewer like this' } = (await note().catch(() => {})) ?? {};
    const actions = receipt && /** @type {any} */ (Notification).maxActions > 0 ? [{ action: 'fewer', title: text }] : [];
    const more = { body, tag, icon, badge, actions, ...(image ? { image } : {}), data: { navigate: navigate ?? url ?? '/', receipt, base } };
    await worker.registration.showNotification(title || worker.location.host, more);
    await report('receipts', { receipt, event: 'shown' }, base).catch(() => {});
    await fewer().catch(() => {});
  };
  // Always shown: browsers withdraw the permission of sites whose pushes show nothing.
  event.waitUntil(show());
});

// Only pages of this origin can send messages here: the one where the reader has just said OK.
worker.addEventListener('message', (event) => {
  const { title, navigate, ...more } = event.data?.welcome ?? {};
  if (title) event.waitUntil(worker.registration.showNotification(title, { ...more, tag: 'welcome', data: { navigate } }));
});

/** @param {string} address */
async function open(address) {
  const target = new URL(address, worker.location.origin);
  if (!/^https?:$/.test(target.protocol)) return;
  const tabs = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const there = tabs.find((tab) => tab.url.replace(/#.*/, '') === target.href.replace(/#.*/, ''));
  // Not every browser lets it focus a tab: a new window will do.
  const focused = await there?.focus().catch(() => null);
  if (!focused) await worker.clients.openWindow(target.href);
}

worker.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const { navigate, receipt, base } = event.notification.data ?? {};
  const clicked = () => Promise.all([open(navigate ?? '/'), report('receipts', { receipt, event: 'clicked' }, base).catch(() => {})]);
  event.waitUntil(event.action === 'fewer' ? fewer({ receipt, base }).catch(() => {}) : clicked());
});

/** The browser dropped or replaced the subscription: make a new one and tell the service. */
async function renew() {
  const old = await note();
  if (!old) return; // turned off
  const api = new URL(`v1/sites/${encodeURIComponent(old.site)}/push`, old.base).href;
  const { public_key: key, key_id } = await (await fetch(api, { credentials: 'omit', cache: 'no-cache' })).json();
  const manager = worker.registration.pushManager;
  // One that the browser has made by itself is answered again, if it was made for this key.
  const made = await manager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const subscription = made.toJSON();
  const answer = await send('POST', `${api}/subscriptions`, { subscription, topics: old.topics, key_id, previous: old.token });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`); // the next visit mends it
  const { id, token } = await answer.json();
  const cache = await caches.open(`rejoinder-push:${site}`);
  await cache.put(`${scope}note`, new Response(JSON.stringify({ ...old, id, token, key_id, endpoint: made.endpoint })));
  if (id !== old.id) await send('DELETE', `${api}/subscriptions/${old.id}`, undefined, old.token);
}

worker.addEventListener('pushsubscriptionchange', (event) => {
  // Alone, as the page is when it mends: both at once would make two.
  /** @type {ExtendableEvent} */ (event).waitUntil(navigator.locks?.request(scope, renew) ?? renew());
});
