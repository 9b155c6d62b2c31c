import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import { openClient, patient, requireServer, ServerUnreachable, type Answer, type Call } from './client.ts';

/** A client of a real HTTP server that answers as told. */
async function clientOf(t: TestContext, listener: RequestListener): Promise<Call> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const url = `http://127.0.0.1:${address.port}`;
  const client = openClient({ url, tenant: 'demo', key: 'hf_secret', connections: 2 });
  t.after(() => {
    client.close();
    server.close();
    server.closeAllConnections();
  });
  return client.call;
}

test('a call carries the tenant, the key, the body and the idempotency key', async (t) => {
  const call = await clientOf(t, (request, response) => {
    const { method, url, headers } = request;
    request.setEncoding('utf8').on('data', (body: string) => {
      const seen = { method, url, key: headers.authorization, once: headers['idempotency-key'], body };
      response.writeHead(201, { 'idempotent-replayed': 'true' }).end(JSON.stringify(seen));
    });
  });
  const answer = await call('POST', '/holds', { note: 'für Zoë' }, 'key-1');
  assert.deepEqual(answer, {
    status: 201,
    replayed: true,
    retryAfterSeconds: undefined,
    body: {
      method: 'POST',
      url: '/api/v1/demo/holds',
      key: 'Bearer hf_secret',
      once: 'key-1',
      body: '{"note":"für Zoë"}',
    },
  });
});

test('a refusal is an answer, not an error', async (t) => {
  const call = await clientOf(t, (_request, response) => {
    response.writeHead(503, { 'retry-after': '2' }).end('{"code":"unavailable"}');
  });
  const answer = await call('GET', '/rooms');
  assert.deepEqual([answer.status, answer.retryAfterSeconds], [503, 2]);
});

test('a server that is not running is told in one plain sentence', async () => {
  const url = 'http://127.0.0.1:9';
  const message =
    'No server answers at http://127.0.0.1:9. Start one with "npx holdfast start", or name another with --url.';
  const { call } = openClient({ url, tenant: 'demo', key: 'k', connections: 1 });
  await assert.rejects(call('GET', '/rooms'), { message });
  await assert.rejects(requireServer(url), { message });
});

test('something else that listens there is told too', async (t) => {
  const call = await clientOf(t, (_request, response) => void response.end('<html>'));
  await assert.rejects(call('GET', '/rooms'), /gave no usable answer: it does not speak JSON\.$/);
  const cut = await clientOf(t, (request) => void request.socket.destroy());
  await assert.rejects(cut('GET', '/rooms'), ServerUnreachable);
});

test('what is no address is refused at once', () => {
  for (const url of ['3000', 'ftp://host', ''])
    assert.throws(
      () => openClient({ url, tenant: 'demo', key: 'k', connections: 1 }),
      /is no address of a server/,
    );
});

/** A patient call over a list of answers, and the waits it made. */
function patientOver(answers: readonly (Answer | Error)[]) {
  const waits: number[] = [];
  let asked = 0;
  const call = patient(
    async () => {
      const answer = answers[Math.min(asked++, answers.length - 1)];
      assert.ok(answer);
      if (answer instanceof Error) throw answer;
      return answer;
    },
    async (ms) => void waits.push(ms),
  );
  return { call, waits };
}
const ok: Answer = { status: 200, body: {}, replayed: false, retryAfterSeconds: undefined };
const busy = (seconds: number): Answer => ({ ...ok, status: 503, retryAfterSeconds: seconds });

test('a busy server is asked again after the time it named, but not after an hour', async () => {
  const { call, waits } = patientOver([busy(1), busy(3_600), ok]);
  assert.equal((await call('POST', '/holds')).status, 200);
  assert.deepEqual(waits, [1_000, 5_000]);
});

test('a lost answer is asked for again, with growing waits', async () => {
  const { call, waits } = patientOver([new ServerUnreachable('away'), new ServerUnreachable('away'), ok]);
  assert.equal((await call('POST', '/holds')).status, 200);
  assert.deepEqual(waits, [100, 200]);
});

test('patience ends after six tries with the last word of the server', async () => {
  const still = patientOver([busy(1)]);
  assert.equal((await still.call('POST', '/holds')).status, 503);
  assert.equal(still.waits.length, 5);
  const away = patientOver([new ServerUnreachable('away')]);
  await assert.rejects(away.call('POST', '/holds'), { message: 'away' });
  assert.equal(away.waits.length, 5);
});

test('other refusals, and defects of ours, are not repeated', async () => {
  const { call, waits } = patientOver([{ ...ok, status: 409 }, new TypeError('defect')]);
  assert.equal((await call('POST', '/holds')).status, 409);
  await assert.rejects(call('POST', '/holds'), { message: 'defect' });
  assert.deepEqual(waits, []);
});
