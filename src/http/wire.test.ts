import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { testApp, type TestApp } from '../../test/app.ts';

let web: TestApp;
let port: number;
before(async () => {
  web = await testApp();
  await web.app.listen({ port: 0, host: '127.0.0.1' });
  ({ port } = web.app.server.address() as AddressInfo);
});
after(() => web.close());

/** Sends bytes as they are and reads until the server hangs up. */
async function send(bytes: string): Promise<{ status: number; body: { code: string; requestId: string } }> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined); // a server that hangs up early resets the connection
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
  socket.write(bytes);
  await once(socket, 'close');
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  assert.match(head, /content-type: application\/problem\+json/i, answer);
  assert.match(head, /connection: close/i);
  return { status: Number(head.split(' ')[1]), body: JSON.parse(body) };
}

const start = (line: string, ...headers: string[]) => [line, 'Host: x', ...headers, '', ''].join('\r\n');

test('what is no HTTP is answered as a problem', async () => {
  for (const bytes of [
    'hello\r\n\r\n',
    start('GET / HTTP/9.9'),
    start('POST / HTTP/1.1', 'Content-Length: 5', 'Transfer-Encoding: chunked'),
    start('POST / HTTP/1.1', 'Content-Length: x'),
  ]) {
    const { status, body } = await send(bytes);
    assert.deepEqual([status, body.code], [400, 'malformed'], bytes);
    assert.match(body.requestId, /^[0-9a-f-]{36}$/);
  }
});

test('headers have a bound', async () => {
  const { status, body } = await send(start('GET / HTTP/1.1', `X-Long: ${'x'.repeat(20_000)}`));
  assert.deepEqual([status, body.code], [431, 'headers_too_large']);
});

test('a body that says it is too large is refused before it is sent, one that does not when it becomes so', async () => {
  const key = (await web.tenantWith('admin')).keys[0];
  const to = [
    'POST /api/v1/company-1/rooms HTTP/1.1',
    'Content-Type: application/json',
    `Authorization: Bearer ${key}`,
  ];
  const announced = await send(start(to[0] ?? '', ...to.slice(1), 'Content-Length: 1000000000'));
  assert.deepEqual([announced.status, announced.body.code], [413, 'too_large']);
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
  const grown = await send(
    start(to[0] ?? '', ...to.slice(1), 'Transfer-Encoding: chunked') + chunk.repeat(5),
  );
  assert.deepEqual([grown.status, grown.body.code], [413, 'too_large']);
});

test('a server stops at once although somebody has opened a connection and asked nothing', async () => {
  const stopping = await testApp();
  await stopping.app.listen({ port: 0, host: '127.0.0.1' });
  const idle = connect((stopping.app.server.address() as AddressInfo).port, '127.0.0.1');
  idle.on('error', () => undefined);
  await Promise.all([once(idle, 'connect'), once(stopping.app.server, 'connection')]);
  const closed = once(idle, 'close');
  const begun = performance.now();
  await stopping.close();
  await closed;
  assert.ok(performance.now() - begun < 5_000, 'the connection kept the server waiting');
});
