import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Stands before a server and answers when it has the whole of an answer: what an export must never do. */
const target = process.argv[2] ?? '';
const server = createServer((request, response) => {
  const headers = { authorization: request.headers.authorization ?? '', 'accept-encoding': 'identity' };
  void fetch(`${target}${request.url}`, { headers })
    .then((answer) => answer.text())
    .then((text) => response.end(text));
});
server.listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
