import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Who repeats what: the part of an idempotent request that is known before it is carried out. */
export interface Repeatable {
  principal: string;
  route: string;
  key: string;
  /** SHA-256 of path and body; fields of the body may come in any order. */
  fingerprint: Buffer;
}

/** The identity of a request that carries an `Idempotency-Key`. */
export function repeatable(request: FastifyRequest): Repeatable | undefined {
  const { idempotencyKey: key, actor } = request;
  if (key === undefined) return undefined;
  const route = `${request.method} ${request.routeOptions.url ?? ''}`;
  const path = request.url.split('?', 1)[0] ?? '';
  const fingerprint = createHash('sha256')
    .update(`${path}\n${JSON.stringify(request.body ?? null, sortedKeys)}`)
    .digest();
  return { principal: actor.principal, route, key, fingerprint };
}

/** Sends an answer that is JSON text already, as it was kept or is being kept for whoever repeats the call. */
export function sendAnswer(
  reply: FastifyReply,
  answer: { status: number; body: string; replayed: boolean },
): FastifyReply {
  if (answer.replayed) void reply.header('idempotent-replayed', 'true');
  return reply
    .code(answer.status)
    .header('content-type', 'application/json; charset=utf-8')
    .send(answer.body);
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
