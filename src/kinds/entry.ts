import type { FastifyInstance } from 'fastify';
import { Type, type Static, type TObject } from 'typebox';
import { once } from '../engine/idempotency.ts';
import type { Actor } from '../people/access.ts';
import { repeatable, sendAnswer } from '../people/repeat.ts';
import type { App, KeptAnswer } from '../people/route.ts';
import type { Database, Transaction } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import { etag, requireVersion } from '../platform/precondition.ts';
import { IdPath } from '../platform/schema.ts';

/** Throws when the caller decided on another version than the one under the lock. */
export type CheckVersion = (version: number) => void;

/** A collection of a catalogue: `/rooms`, `/events`. */
export interface Collection<Made extends TObject> {
  path: string;
  /** As it stands in operation ids: `Room` makes `createRoom` and `getRoom`. */
  name: string;
  tags: string[];
  entry: TObject;
  made: Made;
  summaries: { create: string; read: string };
  /** Whether answers of the reading route may be kept. */
  kept?: KeptAnswer;
  create(tx: Transaction, actor: Actor, asked: Static<Made>): Promise<object>;
  read(tx: Transaction, id: Uuid, actor: Actor): Promise<{ version: number }>;
}

/** POST of a new entry, made once for each `Idempotency-Key`, and GET of one, with its version as ETag. */
export function collectionRoutes<Made extends TObject>(app: App, db: Database, of: Collection<Made>): void {
  const { path, name, tags, entry, made, summaries, kept } = of;
  const routes = app as unknown as FastifyInstance; // the schemas are checked at run time; their types stand in `of`
  routes.post(
    path,
    {
      schema: {
        tags,
        summary: summaries.create,
        operationId: `create${name}`,
        body: made,
        response: { 201: entry },
      },
      config: { permission: 'catalogue.write' },
    },
    async (request, reply) => {
      const { actor } = request;
      const body = request.body as Static<Made>;
      const answer = await once(db, actor.tenant.id, repeatable(request), async (tx) => ({
        status: 201,
        body: JSON.stringify(await of.create(tx, actor, body)),
      }));
      return sendAnswer(reply, answer);
    },
  );
  routes.get<{ Params: Static<typeof IdPath> }>(
    `${path}/:id`,
    {
      schema: {
        tags,
        summary: summaries.read,
        operationId: `get${name}`,
        params: IdPath,
        response: { 200: entry },
      },
      config: { permission: 'catalogue.read', ...(kept && { kept }) },
    },
    async ({ actor, params }, reply) => {
      const found = await db.inTenant(actor.tenant.id, (tx) => of.read(tx, params.id, actor));
      return reply.header('etag', etag(found.version)).send(found);
    },
  );
}

/** One entry of a catalogue: `/rooms/{id}`, `/events/{id}`. */
export interface Entry<Patch extends TObject> {
  path: string;
  /** As it stands in operation ids: `Room` makes `updateRoom` and `deleteRoom`. */
  name: string;
  tags: string[];
  entry: TObject;
  patch: Patch;
  summaries: { update: string; remove: string };
  update(
    tx: Transaction,
    actor: string,
    id: Uuid,
    patch: Static<Patch>,
    check: CheckVersion,
  ): Promise<{ version: number }>;
  remove(tx: Transaction, actor: string, id: Uuid, check: CheckVersion): Promise<void>;
}

/** PATCH and DELETE of an entry, each only from the version that the caller read (`If-Match`). */
export function changeRoutes<Patch extends TObject>(app: App, db: Database, of: Entry<Patch>): void {
  const { path, name, tags, entry, patch, summaries } = of;
  const config = { permission: 'catalogue.write' } as const;
  const routes = app as unknown as FastifyInstance; // the schemas are checked at run time; their types stand in `of`
  routes.patch<{ Params: Static<typeof IdPath> }>(
    path,
    {
      schema: {
        tags,
        summary: summaries.update,
        operationId: `update${name}`,
        params: IdPath,
        body: patch,
        response: { 200: entry },
      },
      config,
    },
    async (request, reply) => {
      const { actor, params } = request;
      const body = request.body as Static<Patch>;
      const check = (version: number) => requireVersion(request, version);
      const changed = await db.inTenant(actor.tenant.id, (tx) =>
        of.update(tx, actor.principal, params.id, body, check),
      );
      return reply.header('etag', etag(changed.version)).send(changed);
    },
  );
  routes.delete<{ Params: Static<typeof IdPath> }>(
    path,
    {
      schema: {
        tags,
        summary: summaries.remove,
        operationId: `delete${name}`,
        params: IdPath,
        response: { 204: Type.Null({ description: 'Removed' }) },
      },
      config,
    },
    async (request, reply) => {
      const { actor, params } = request;
      const check = (version: number) => requireVersion(request, version);
      await db.inTenant(actor.tenant.id, (tx) => of.remove(tx, actor.principal, params.id, check));
      return reply.code(204).send(null);
    },
  );
}
