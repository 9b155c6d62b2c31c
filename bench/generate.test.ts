import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { generate } from './generate.ts';

test('the generator reports rates, times and answers, and who was busy', async (t) => {
  const seen: Record<string, number> = {};
  const server = createServer((request, response) => {
    const verb = request.url?.split('/').at(-1) ?? '';
    seen[verb] = (seen[verb] ?? 0) + 1;
    assert.equal(request.headers.authorization, 'Bearer key');
    request.resume().on('end', () => {
      response.writeHead(verb === 'holds' ? 201 : 200);
      response.end('{"id":"0192f0c1-7b1a-7c3e-9a51-0f2d6b1c8e4a"}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const report = await generate(
    {
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      key: 'key',
      traffic: 'cycles',
      ground: { base: '/api/v1/bench', rooms: ['r'], places: [], from: 0, run: 0, runs: 1 },
      connections: 3,
      warmUpSeconds: 0.1,
      seconds: 0.3,
    },
    { server: { pid: process.pid } },
  );
  assert.deepEqual(Object.keys(seen).sort(), ['cancel', 'confirm', 'holds']);
  assert.deepEqual(Object.keys(report.statuses).sort(), ['200', '201']);
  assert.ok(report.rate > 10 && report.errors === 0);
  assert.ok(report.p50 > 0 && report.p50 <= report.p95 && report.p95 <= report.p99);
  if (process.platform === 'linux')
    assert.deepEqual(Object.keys(report.cores), ['generator', 'server', 'machine']);
});
