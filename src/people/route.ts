import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RawServerDefault,
} from 'fastify';
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

/** That the answers of a route may be kept, and until when. Only for what decides no sale. */
export interface KeptAnswer {
  /** As it stands in metrics. */
  name: string;
  /** Tags of what an answer is made of (platform/cache/tags.ts): it is thrown away when one of them changes. */
  madeOf(
    params: Readonly<Record<string, string>>,
    query: Readonly<Record<string, unknown>>,
  ): readonly string[];
  /** Whether an answer ends by itself as time passes, as where it shows what is held. Then it lives for a second. */
  dated: boolean;
  /** What of the actor besides his company an answer depends on; nothing when not given. */
  variesBy?(actor: Actor): string;
  /** Whether what this query asks for is not to be kept all the same. */
  isPrivate?(query: Readonly<Record<string, unknown>>): boolean;
  /** Whether the route also answers in another type, where a header of the caller asks for it; only its JSON is kept. */
  isOtherwise?(request: Pick<FastifyRequest, 'headers' | 'query'>): boolean;
}

/** Hands on an answer that is JSON already: the schema has nothing to write, so it has no type to check either. */
export function writtenAlready(reply: FastifyReply, json: string | Buffer): never {
  void reply.type('application/json; charset=utf-8');
  return json as never;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Patterns of the routes whose answers are kept until something changes. */
    standingRoutes: string[];
  }
  interface FastifyRequest {
    /** Who asks; set before a handler of a tenant's route runs. */
    actor: Actor;
    /** Whether nothing is known since then that would keep him out. */
    isStillLetIn: () => boolean;
    /** The header `Idempotency-Key` without its quotes; only on POST. */
    idempotencyKey: string | undefined;
  }
  interface FastifyContextConfig {
    /** What the actor must be allowed to do; every route of a tenant names it. */
    permission?: Permission;
    kept?: KeptAnswer;
  }
}
