// npm's web-push with a VAPID header that is made once, and kept connections:
// node push_peer.mjs SUBSCRIPTIONS.json MESSAGES IN_FLIGHT
// prints {"cpu": seconds, "wall": seconds}.

import { readFileSync } from 'node:fs';
import https from 'node:https';
import webpush from 'web-push';

const [file, messages, flights] = process.argv.slice(2);
const { subscriptions, message, subject, publicKey, privateKey } = JSON.parse(readFileSync(file, 'utf8'));
const agent = new https.Agent({ keepAlive: true, maxSockets: Number(flights) });
const { origin } = new URL(subscriptions[0].endpoint);
const headers = webpush.getVapidHeaders(origin, subject, publicKey, privateKey, 'aes128gcm');

async function run(count) {
  let next = 0;
  const flight = async () => {
    while (next < count) {
      await webpush.sendNotification(subscriptions[next++ % subscriptions.length], message, { TTL: 60, agent, headers });
    }
  };
  await Promise.all(Array.from({ length: Number(flights) }, flight));
}

await run(500);
const before = process.cpuUsage();
const from = performance.now();
await run(Number(messages));
const { user, system } = process.cpuUsage(before);
console.log(JSON.stringify({ cpu: (user + system) / 1e6, wall: (performance.now() - from) / 1e3 }));
process.exit();
