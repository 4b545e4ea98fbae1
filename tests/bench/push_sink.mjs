// A push service that takes everything: HTTP/2 and HTTP/1.1 over TLS, on 127.0.0.1.
// node push_sink.mjs KEY.pem CERT.pem DELAY_MILLISECONDS; prints its port.

import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';

const [key, cert, delay] = process.argv.slice(2);
const taken = (request, response) => {
  request.resume();
  request.on('end', () => {
    const answer = () => response.writeHead(201).end();
    if (Number(delay)) setTimeout(answer, Number(delay));
    else answer();
  });
};
const server = createSecureServer({ key: readFileSync(key), cert: readFileSync(cert), allowHTTP1: true }, taken);
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
