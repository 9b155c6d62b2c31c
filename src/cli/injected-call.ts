import type { FastifyInstance } from 'fastify';
import type { Call } from './client.ts';

/** Calls of a tenant's API through a server in this process, listening or not. */
export function injectedCall(app: FastifyInstance, tenant: string, key: string): Call {
  return async (method, path, body, idempotencyKey) => {
    const answer = await app.inject({
      method,
      url: `/api/v1/${tenant}${path}`,
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      },
      payload: body === undefined ? undefined : JSON.stringify(body),
    });
    const retryAfter = Number(answer.headers['retry-after']);
    return {
      status: answer.statusCode,
      body: answer.body === '' ? undefined : answer.json<unknown>(),
      replayed: answer.headers['idempotent-replayed'] === 'true',
      retryAfterSeconds: retryAfter > 0 ? retryAfter : undefined,
    };
  };
}
