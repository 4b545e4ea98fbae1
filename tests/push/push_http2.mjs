// A push service over HTTP/2 whose first connection answers once and then never again.
// node push_http2.mjs KEY.pem CERT.pem; prints its port.

import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';

const [key, cert] = process.argv.slice(2);
const server = createSecureServer({ key: readFileSync(key), cert: readFileSync(cert) });
let connections = 0;
server.on('session', (session) => {
  const first = ++connections === 1;
  let messages = 0;
  session.on('stream', (stream) => {
    stream.on('error', () => {});
    stream.resume();
    if (first && ++messages > 1) return;
    stream.on('end', () => {
      stream.respond({ ':status': 201 });
      stream.end();
    });
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
