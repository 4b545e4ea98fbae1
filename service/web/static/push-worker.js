// The push worker. It lives on the publisher's own origin, on a scope of its own, and does nothing
// but alerts: no fetch handler, no caching. Download it or have it served from this address.

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

/**
 * What the page left for the worker: where the service is and which subscription is ours.
 * @typedef {{ base: string, site: string, topics: string[], id: string, token: string }} Note
 * @returns {Promise<Note | undefined>}
 */
const note = async () => (await caches.match('/rejoinder-push', { cacheName: 'rejoinder-push' }))?.json();

/**
 * @param {string} method
 * @param {string} url
 * @param {unknown} body
 * @param {string} [token]
 */
const send = (method, url, body, token) =>
  fetch(url, {
    method,
    credentials: 'omit',
    headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
    body: body ? JSON.stringify(body) : undefined,
  });

/**
 * @param {string | undefined} receipt
 * @param {'shown' | 'clicked'} event
 * @param {string | undefined} base
 */
async function report(receipt, event, base) {
  const root = (base ?? (await note())?.base)?.replace(/\/?$/, '/');
  if (receipt && root) await send('POST', `${root}v1/push/receipts`, { receipt, event });
}

worker.addEventListener('install', () => worker.skipWaiting());

worker.addEventListener('push', (event) => {
  let data;
  try {
    data = event.data?.json();
  } catch {
    data = { title: event.data?.text() };
  }
  // Safari's declarative form holds a "notification"; older senders put its fields on top.
  const { title, body, navigate, url, tag, icon, image } = data?.notification ?? data ?? {};
  const { receipt, base } = data ?? {};
  const shown = worker.registration.showNotification(title || worker.location.host, {
    body,
    tag,
    icon,
    ...(image ? { image } : {}),
    data: { navigate: navigate ?? url ?? '/', receipt, base },
  });
  // Always shown: browsers withdraw the permission of sites whose pushes show nothing.
  event.waitUntil(shown.then(() => report(receipt, 'shown', base).catch(() => {})));
});

/** @param {string} address */
async function open(address) {
  const target = new URL(address, worker.location.origin);
  if (!/^https?:$/.test(target.protocol)) return;
  const tabs = await worker.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const there = tabs.find((tab) => tab.url.replace(/#.*/, '') === target.href.replace(/#.*/, ''));
  try {
    if (there) return void (await there.focus());
  } catch {
    // Not allowed to focus it: a new window will do.
  }
  await worker.clients.openWindow(target.href);
}

worker.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const { navigate, receipt, base } = event.notification.data ?? {};
  event.waitUntil(Promise.all([open(navigate ?? '/'), report(receipt, 'clicked', base).catch(() => {})]));
});

/** The browser dropped or replaced the subscription: make a new one and tell the service. */
async function renew() {
  const old = await note();
  if (!old) return;
  const api = new URL(`v1/sites/${old.site}/push`, old.base).href;
  const { public_key: key } = await (await fetch(api, { credentials: 'omit' })).json();
  const manager = worker.registration.pushManager;
  const subscription = await manager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const answer = await send('POST', `${api}/subscriptions`, { subscription: subscription.toJSON(), topics: old.topics });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  const fresh = await answer.json();
  const cache = await caches.open('rejoinder-push');
  await cache.put('/rejoinder-push', new Response(JSON.stringify({ ...old, ...fresh })));
  if (fresh.id !== old.id) await send('DELETE', `${api}/subscriptions/${old.id}`, undefined, old.token);
}

worker.addEventListener('pushsubscriptionchange', (event) => {
  /** @type {ExtendableEvent} */ (event).waitUntil(renew());
});
