// The push worker. It lives on the publisher's own origin, on a scope of its own, and does nothing
// but alerts: no fetch handler, no caching. Download it or have it served from this address.

const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));
const { scope } = worker.registration;
const site = decodeURIComponent(scope.split('/').at(-2) ?? '');
const kept = () => caches.open(`rejoinder-push:${site}`);
const LATER = `${scope}fewer`;

/** @typedef {{ base: string, site: string, topics: string[], id: string, token: string, fewer?: string }} Note what the page left here */
/** @type {() => Promise<Note | undefined>} where the service is, which subscription is ours, its words */
const note = async () => (await (await kept()).match(`${scope}note`))?.json();

/** @type {(method: string, url: string, body: unknown, token?: string) => Promise<Response>} */
async function send(method, url, body, token) {
  const headers = { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  return fetch(url, { method, headers, credentials: 'omit', body: JSON.stringify(body) });
}

/** @type {(path: string, body: { receipt?: string, [field: string]: unknown }, base?: string) => Promise<void>} */
async function report(path, body, base) {
  const root = (base ?? (await note())?.base)?.replace(/\/?$/, '/');
  const answer = body.receipt && root && (await send('POST', `${root}v1/push/${path}`, body));
  if (answer && (answer.status === 429 || answer.status >= 500)) throw new Error(`HTTP ${answer.status}`);
}

/** @type {(name: string, work: () => Promise<void>) => Promise<void>} one after the other */
const alone = async (name, work) => (navigator.locks ? navigator.locks.request(name, () => work()) : work());

/** @type {(now?: { receipt: string, base?: string }) => Promise<void>} what can't be told now is told with the next alert */
async function fewer(now) {
  const cache = await kept();
  const taps = [...((await (await cache.match(LATER))?.json()) ?? []), ...(now ? [now] : [])];
  const keep = () => cache.put(LATER, new Response(JSON.stringify(taps)));
  if (now) await keep(); // first: a worker may be ended at any moment
  const endpoint = taps.length && (await worker.registration.pushManager.getSubscription())?.endpoint;
  for (; taps.length; taps.shift(), await keep()) await report('fewer', { receipt: taps[0].receipt, endpoint }, taps[0].base);
}

worker.addEventListener('install', () => worker.skipWaiting());
worker.addEventListener('push', (event) => {
  let data = /** @type {any} */ ({ title: event.data?.text() });
  try {
    data = event.data?.json();
  } catch {} // not ours: a text
  // Safari's declarative form holds a "notification"; older senders put its fields on top.
  const { title, body, navigate, url, tag, icon, badge, image } = data?.notification ?? data ?? {};
  const { receipt, base } = data ?? {};
  const show = async () => {
    const says = (await note().catch(() => {}))?.fewer ?? 'Fewer like this';
    const actions = receipt && /** @type {any} */ (Notification).maxActions > 0 ? [{ action: 'fewer', title: says }] : [];
    const more = { body, tag, icon, badge, actions, ...(image ? { image } : {}), data: { navigate: navigate ?? url ?? '/', receipt, base } };
    await worker.registration.showNotification(title || worker.location.host, more);
    await report('receipts', { receipt, event: 'shown' }, base).catch(() => {});
    await alone(LATER, fewer).catch(() => {});
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
  if (!(await there?.focus().catch(() => null))) await worker.clients.openWindow(target.href);
}

worker.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const { navigate, receipt, base } = event.notification.data ?? {};
  if (event.action === 'fewer') return event.waitUntil(alone(LATER, () => fewer({ receipt, base })).catch(() => {}));
  event.waitUntil(Promise.all([open(navigate ?? '/'), report('receipts', { receipt, event: 'clicked' }, base).catch(() => {})]));
});

/** The browser dropped or replaced the subscription: make a new one and tell the service. */
async function renew() {
  const old = await note();
  if (!old) return; // turned off
  const api = new URL(`v1/sites/${encodeURIComponent(old.site)}/push`, old.base).href;
  const { public_key: key, key_id } = await (await fetch(api, { credentials: 'omit', cache: 'no-cache' })).json();
  // One that the browser has made by itself is answered again, if it was made for this key.
  const made = await worker.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  const answer = await send('POST', `${api}/subscriptions`, { subscription: made, topics: old.topics, key_id, previous: old.token });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`); // the next visit mends it
  const { id, token } = await answer.json();
  await (await kept()).put(`${scope}note`, new Response(JSON.stringify({ ...old, id, token, key_id, endpoint: made.endpoint })));
  if (id !== old.id) await send('DELETE', `${api}/subscriptions/${old.id}`, undefined, old.token);
}

// Alone, as the page is when it mends: both at once would make two.
worker.addEventListener('pushsubscriptionchange', (event) => /** @type {ExtendableEvent} */ (event).waitUntil(alone(scope, renew)));
