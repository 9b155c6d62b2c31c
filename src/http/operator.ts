import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { Problem } from '../platform/errors.ts';
import type { Metrics } from '../platform/metrics.ts';

/** What those who run the server see of it, and what they must send to see it. */
export interface Operator {
  metrics: Metrics;
  /** Unset: whoever asks from this machine and not through a proxy. */
  token?: string | undefined;
  /** Told of every request that took longer than it should. */
  slowRequest(tookMs: number, about: () => object): void;
}

/** What proxies add when they pass a request on; nginx does not by itself, so docs/operating.md asks for a token there. */
const FORWARDED = ['forwarded', 'via', 'x-forwarded-for', 'x-real-ip'];
const THIS_MACHINE = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

const TIMES = {
  p50Ms: Type.Optional(Type.Number()),
  p95Ms: Type.Optional(Type.Number()),
  p99Ms: Type.Optional(Type.Number()),
};
const LATENCY = { count: Type.Integer(), ...TIMES };
const Performance = Type.Object({
  seconds: Type.Integer({ description: 'How far back this looks: a minute, or less after a start' }),
  requests: Type.Object({
    ...LATENCY,
    failed: Type.Integer({ description: 'Answered 500 and above' }),
    slowest: Type.Array(Type.Object({ route: Type.String(), ...LATENCY })),
  }),
  batches: Type.Object({ ...LATENCY, commands: Type.Integer() }),
  statements: Type.Object({ slowest: Type.Array(Type.Object({ statement: Type.String(), ...LATENCY })) }),
  pool: Type.Object({
    size: Type.Integer(),
    open: Type.Integer(),
    inUse: Type.Integer(),
    waiting: Type.Integer(),
    refused: Type.Integer({ description: 'Transactions that got no connection in time' }),
  }),
  caches: Type.Array(
    Type.Object({
      cache: Type.String(),
      hits: Type.Integer(),
      misses: Type.Integer(),
      loads: Type.Integer(),
      waits: Type.Integer(),
      failures: Type.Integer(),
      stale: Type.Integer(),
      invalidations: Type.Integer(),
      evictions: Type.Integer(),
      fenced: Type.Integer(),
      entries: Type.Integer(),
      bytes: Type.Integer(),
    }),
    { description: 'What happened since the start of the process, by the name of what is kept' },
  ),
  shared: Type.Array(
    Type.Object({
      cache: Type.String(),
      hits: Type.Integer(),
      misses: Type.Integer(),
      outdated: Type.Integer({ description: 'Made before a change of what it is made of' }),
      garbage: Type.Integer({ description: 'Found, but not written by a Holdfast' }),
      errors: Type.Integer({ description: 'Redis failed, or was left alone because it had' }),
      ...TIMES,
    }),
    { description: 'What Redis was asked for since the start of the process; empty without REDIS_URL' },
  ),
  eventLoopBusy: Type.Number({ description: 'Share of the time in which the process had work, 0 to 1' }),
  memoryBytes: Type.Integer(),
});

/** Told of every request that was answered. */
export type CountRequest = (
  answered: { id: string; method: string; route: string; status: number },
  tookMs: number,
) => void;

export function countingRequests({ metrics, slowRequest }: Operator): CountRequest {
  return ({ id, method, route, status }, tookMs) => {
    metrics.request(method, route, status, tookMs);
    slowRequest(tookMs, () => ({ requestId: id, method, route, status }));
  };
}

/** Counts every request that the app answers; call it before the routes are registered. */
export function countRequests(app: FastifyInstance, count: CountRequest): void {
  app.addHook('onResponse', (request, reply, next) => {
    count({ id: request.id, ...named(request), status: reply.statusCode }, reply.elapsedTime);
    next();
  });
}

/** `/metrics` for Prometheus, and the last minute as JSON for people. */
export function operatorRoutes(app: FastifyInstance, { metrics, token }: Operator): void {
  const onlyOperators = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    void reply.header('cache-control', 'no-store');
    if (isOperator(request, token)) return;
    void reply.header('www-authenticate', 'Bearer realm="holdfast operator"');
    throw new Problem(
      'unauthenticated',
      token === undefined
        ? 'Only this machine may see this. Set OPERATOR_TOKEN and send it: Authorization: Bearer ...'
        : "Send the server's OPERATOR_TOKEN: Authorization: Bearer ...",
    );
  };

  app.get('/metrics', { schema: { hide: true }, onRequest: onlyOperators }, async (_, reply) =>
    reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8').send(await metrics.text()),
  );

  app.get(
    '/api/v1/health/performance',
    {
      schema: {
        tags: ['Health'],
        summary: 'How did this process do in the last minute? For those who run it.',
        operationId: 'performance',
        response: { 200: Performance },
      },
      onRequest: onlyOperators,
    },
    () => metrics.recent(),
  );
}

/** What is no route, or comes by a method that none has, is counted together: nobody can make up new labels. */
function named({ method, routeOptions: { url } }: FastifyRequest): { method: string; route: string } {
  return url === undefined ? { method: 'any', route: 'none' } : { method, route: url };
}

function isOperator({ headers, socket }: FastifyRequest, token: string | undefined): boolean {
  if (token === undefined)
    return (
      THIS_MACHINE.has(socket.remoteAddress ?? '') && FORWARDED.every((name) => headers[name] === undefined)
    );
  const sent = /^Bearer +(\S{1,400})$/i.exec(headers.authorization ?? '')?.[1] ?? '';
  return timingSafeEqual(digest(sent), digest(token));
}

/** Of one length, which comparing in constant time needs. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
