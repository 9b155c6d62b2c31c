import { createHash, timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { Type } from 'typebox';
import { holdBody } from '../src/http/holds.ts';
import { ajv } from '../src/http/validation.ts';
import { kinds } from '../src/kinds/index.ts';

/**
 * The limit: what the same machine does with everything taken away but the one unavoidable part. It authenticates,
 * validates the same body and answers a booking of the same size at once, with no database behind it. A process of its
 * own; the first message brings the key it accepts, its answer the URL it listens on.
 */
process.once('message', (key: string) => {
  void listen(key).then((url) => process.send?.(url));
});
process.once('disconnect', () => process.exit(0));

async function listen(key: string): Promise<string> {
  const app = fastify({ ajv });
  const wanted = sha256(key);
  app.addHook('onRequest', async (request, reply) => {
    const presented = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (!timingSafeEqual(sha256(presented), wanted)) await reply.code(401).send();
  });
  app.post('/api/v1/:tenant/holds', { schema: { body: holdBody(kinds) } }, (_request, reply) =>
    reply.code(201).header('content-type', 'application/json; charset=utf-8').send(answer('held')),
  );
  app.post('/api/v1/:tenant/bookings/:id/:verb', { schema: { body: Type.Object({}) } }, (_request, reply) =>
    reply.header('content-type', 'application/json; charset=utf-8').send(answer('confirmed')),
  );
  await app.listen({ port: 0, host: '127.0.0.1' });
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** A booking of the size that Holdfast answers. */
function answer(state: string): string {
  const id = '0192f0c1-7b1a-7c3e-9a51-0f2d6b1c8e4a';
  const at = '2026-11-20T08:00:00.000Z';
  return JSON.stringify({
    id,
    reference: '0123456789ABC',
    state,
    expiresAt: at,
    lines: [
      { no: 1, kind: 'room', roomId: id, start: at, end: at, quantity: 1, unitPriceMinor: 0, totalMinor: 0 },
    ],
    totalMinor: 0,
    currency: 'EUR',
    clientId: null,
    note: null,
    createdAt: at,
    version: 1,
  });
}
