// A push service over HTTP/2. /a: the first connection answers it once and then never again;
// /well, /slow (after 500 ms) and /never.
// node push_http2.mjs KEY.pem CERT.pem; prints its port.

import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';

const [key, cert] = process.argv.slice(2);
const server = createSecureServer({ key: readFileSync(key), cert: readFileSync(cert) });
let connections = 0;
server.on('session', (session) => {
  const first = ++connections === 1;
  let messages = 0;
  session.on('stream', (stream, { ':path': path }) => {
    stream.on('error', () => {});
    stream.resume();
    if (path === '/never' || (path === '/a' && first && ++messages > 1)) return;
    const answer = () => {
      if (stream.destroyed) return;
      stream.respond({ ':status': 201 });
      stream.end();
    };
    stream.on('end', () => setTimeout(answer, path === '/slow' ? 500 : 0));
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
