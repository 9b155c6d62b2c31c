import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Actor, Permission } from './access.ts';

/** What a kind mounts its routes on: everything below `/api/v1/:tenant`, with bodies and queries typed by their schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks; set before a handler of a tenant's route runs. */
    actor: Actor;
    /** The header `Idempotency-Key` without its quotes; only on POST. */
    idempotencyKey: string | undefined;
  }
  interface FastifyContextConfig {
    /** What the actor must be allowed to do; every route of a tenant names it. */
    permission?: Permission;
  }
}
