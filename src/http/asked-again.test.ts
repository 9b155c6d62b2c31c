import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import fastify from 'fastify';
import { knock } from '../../test/app.ts';
import { freshDatabase, type FreshDatabase } from '../../test/database.ts';
import { openServingNode, type ServingNode } from '../../test/serving-node.ts';
import { createKey } from '../people/key.ts';
import { createTenant } from '../people/tenant.ts';
import { openAskedAgain } from './asked-again.ts';
import type { Ready } from './ready.ts';

const ready: Ready = {
  body: Buffer.from('"kept: \u{1f511}"'),
  headers: { 'content-type': 'application/json; charset=utf-8', etag: '"1"' },
  tellsAll: true,
};

/** One route, which remembers whoever comes through to it, behind what answers those who were there before. */
async function remembering() {
  const clock = { at: 0, now: () => clock.at };
  const shown: { value: Ready | undefined } = { value: ready };
  const counted: string[] = [];
  const again = openAskedAgain({
    headers: { 'x-standing': 'yes' },
    idOf: () => 'id',
    count: ({ id, method, route, status }) => counted.push(`${id} ${method} ${route} ${status}`),
    perf: clock,
  });
  const app = fastify();
  again.standBefore(app);
  const [closing, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  app.addHook('preClose', () => (closing.resolve(), closed.promise));
  let examined = 0;
  app.all('/:any', (request, reply) => {
    examined += 1;
    again.remember(request, () => shown.value);
    return reply.send('made');
  });
  await app.ready();
  const ask = (headers: Record<string, string> = {}, method: 'GET' | 'POST' | 'HEAD' = 'GET') =>
    knock(app, { method, url: '/one', headers });
  const examines = async (...what: Parameters<typeof ask>) => {
    const before = examined;
    await ask(...what);
    return examined > before;
  };
  const close = async (meanwhile: () => Promise<void>) => {
    const end = app.close();
    await closing.promise;
    await meanwhile();
    closed.resolve();
    await end;
  };
  return { clock, shown, counted, ask, examines, close };
}

describe('what is asked again in the same words', () => {
  test('is examined once a second and no more', async () => {
    const { clock, examines } = await remembering();
    assert.equal(await examines(), true);
    clock.at = 999;
    assert.equal(await examines(), false);
    clock.at = 1_000;
    assert.equal(await examines(), true);
  });

  test('is examined when anything differs that the answer could depend on', async () => {
    const { examines } = await remembering();
    const key = { authorization: 'Bearer a', 'accept-encoding': 'zstd' };
    assert.equal(await examines(key), true);
    assert.equal(await examines(key), false);
    const others: Record<string, string>[] = [
      { ...key, authorization: 'Bearer b' },
      { ...key, 'accept-encoding': 'br' },
      { authorization: key.authorization },
      { 'accept-encoding': 'zstd' },
      { authorization: '' },
      { 'accept-encoding': '' },
      {},
    ];
    for (const other of others) assert.equal(await examines(other), true, JSON.stringify(other));
    for (const method of ['POST', 'HEAD'] as const) assert.equal(await examines(key, method), true);
  });

  test('is examined when the answer holds no longer, or is that there is none', async () => {
    const { shown, examines } = await remembering();
    await examines();
    shown.value = undefined;
    assert.equal(await examines(), true);
    shown.value = { problem: new Error('not found') as never };
    assert.equal(await examines(), true);
  });

  test('may be an answer that the caller has already', async () => {
    const { ask, examines } = await remembering();
    await examines();
    const { statusCode, headers, body } = await ask({ 'if-none-match': '"1"' });
    assert.deepEqual([statusCode, headers['etag'], headers['x-standing'], body], [304, '"1"', 'yes', '']);
  });

  test("is the app's to answer while it closes: it tells whoever keeps his connection", async () => {
    const { ask, examines, close } = await remembering();
    await examines();
    assert.equal((await ask()).headers['connection'], 'keep-alive');
    await close(async () => assert.equal((await ask()).headers['connection'], 'close'));
  });

  test('tells whoever asked in the turn in which the app begins to close', async () => {
    const { ask, close } = await remembering();
    await ask();
    const asked = ask();
    const closed = close(() => Promise.resolve());
    assert.equal((await asked).headers['connection'], 'close');
    await closed;
  });

  test('is the very bytes that are kept, and is counted by the pattern of its route', async () => {
    const { counted, ask } = await remembering();
    await ask();
    assert.deepEqual(counted, [], 'the app counts what it answers itself');
    assert.deepEqual((await ask()).rawPayload, ready.body);
    await ask({ 'if-none-match': '"1"' });
    assert.deepEqual(counted, ['id GET /:any 200', 'id GET /:any 304']);
  });
});

describe('over the whole server', () => {
  let database: FreshDatabase;
  let node: ServingNode;
  let key: string;
  let other: string;

  before(async () => {
    database = await freshDatabase();
    const [acme, zenith] = [
      await createTenant(database.db, { slug: 'acme' }),
      await createTenant(database.db, { slug: 'zenith' }),
    ];
    key = await createKey(database.db, acme.id, { role: 'admin', name: 'tests' });
    other = await createKey(database.db, zenith.id, { role: 'admin', name: 'tests' });
    node = await openServingNode(database.servingUrl);
    await node.app.listen({ port: 0, host: '127.0.0.1' });
  });
  after(async () => {
    await node.close();
    await database.close();
  });

  const ask = (given: string | undefined, headers: Record<string, string> = {}) =>
    knock(node.app, {
      url: '/api/v1/acme/rooms?limit=7',
      headers: { ...(given && { authorization: `Bearer ${given}` }), ...headers },
    });

  /** Everything on the wire until the server hangs up, but for what is another's in every answer. */
  async function exchange(request: string, at: ServingNode = node): Promise<string> {
    return whole(await spoken(request, at));
  }

  async function spoken(request: string, at: ServingNode): Promise<Socket> {
    const socket = connect((at.app.server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write(request);
    return socket;
  }

  async function whole(socket: Socket): Promise<string> {
    let text = '';
    for await (const chunk of socket.setEncoding('latin1')) text += chunk;
    return text
      .split('\r\n')
      .filter((line) => !/^(date|x-request-id|x-response-time|server-timing): /i.test(line))
      .sort()
      .join('\n');
  }

  const get = (version: string, ...headers: string[]) =>
    [
      `GET /api/v1/acme/rooms?limit=7 HTTP/${version}`,
      'Host: x',
      `Authorization: Bearer ${key}`,
      ...headers,
      '',
      '',
    ].join('\r\n');

  test('on the wire it is the same as what Fastify sends, however it is asked for', async () => {
    await ask(key);
    const { headers } = await ask(key);
    const asked: readonly string[] = [
      get('1.1', 'Connection: close'),
      get('1.0'),
      get('1.0', 'Connection: keep-alive') + get('1.0'),
      get('1.1') + get('1.1') + get('1.1', 'Connection: close'),
      get('1.1', `If-None-Match: ${String(headers['etag'])}`) + get('1.1', 'Connection: close'),
      get('1.1', 'Content-Length: 4') + 'body' + get('1.1', 'Connection: close'),
      get('1.1', 'Expect: 100-continue', 'Connection: close'),
    ];
    const [door] = node.app.server.listeners('request');
    for (const request of asked) {
      await ask(key);
      const again = await exchange(request);
      node.app.server.prependListener('request', node.app.routing).off('request', door as () => void);
      const byFastify = await exchange(request);
      node.app.server.off('request', node.app.routing).prependListener('request', door as () => void);
      assert.match(byFastify, /^x-cache: HIT$/m);
      assert.equal(again, byFastify, request);
    }
  });

  test('who asks for several things before the first answer gets them in order', async () => {
    const numbered = (id: number, path: string, ...headers: string[]) =>
      [
        `GET ${path} HTTP/1.1`,
        'Host: x',
        `Authorization: Bearer ${key}`,
        `X-Request-Id: n${id}`,
        ...headers,
        '',
        '',
      ].join('\r\n');
    await ask(key);
    const known = '/api/v1/acme/rooms?limit=7';
    const socket = await spoken(
      numbered(1, known) +
        numbered(2, '/health/live') +
        numbered(3, known) +
        numbered(4, known, 'Connection: close'),
      node,
    );
    let text = '';
    for await (const chunk of socket.setEncoding('latin1')) text += chunk;
    assert.deepEqual(
      text.match(/^x-request-id: n\d/gm),
      [1, 2, 3, 4].map((id) => `x-request-id: n${id}`),
    );
  });

  test('what stands above it has its own id and time, and it is counted', async () => {
    await ask(key);
    const count = async () => {
      const named =
        /holdfast_request_seconds_count\{method="GET",route="\/api\/v1\/:tenant\/rooms",status="2xx"\} (\d+)/;
      return Number(named.exec(await node.metrics.text())?.[1] ?? 0);
    };
    await ask(key);
    const counted = await count();
    const again = await ask(key);
    assert.match(String(again.headers['x-request-id']), /^[0-9a-f-]{36}$/);
    assert.match(String(again.headers['x-response-time']), /^\d+\.\dms$/);
    assert.match(String(again.headers['server-timing']), /^total;dur=\d+\.\d$/);
    assert.equal((await ask(key, { 'x-request-id': 'mine' })).headers['x-request-id'], 'mine');
    assert.equal(await count(), counted + 2);
  });

  test('nobody is let in because somebody else was', async () => {
    for (let round = 0; round < 3; round++) {
      assert.equal((await ask(key)).statusCode, 200);
      assert.equal((await ask(other)).statusCode, 401);
      assert.equal((await ask(`${key}x`)).statusCode, 401);
      assert.equal((await ask(undefined, { authorization: '' })).statusCode, 401);
      assert.equal((await ask(undefined)).statusCode, 200, 'the catalogue is public');
    }
  });
});
