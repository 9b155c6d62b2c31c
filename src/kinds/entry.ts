import type { FastifyInstance } from 'fastify';
import { Type, type Static, type TObject } from 'typebox';
import { recordChange } from '../engine/change.ts';
import { dropGuard, raiseGuard } from '../engine/guard.ts';
import { once } from '../engine/idempotency.ts';
import type { Actor, Permission, Tenant } from '../people/access.ts';
import { repeatable, sendAnswer } from '../people/repeat.ts';
import type { App, KeptAnswer } from '../people/route.ts';
import type { Database, Transaction } from '../platform/db.ts';
import type { Uuid } from '../platform/id.ts';
import { etag, requireVersion } from '../platform/precondition.ts';
import { IdPath } from '../platform/schema.ts';

/** Throws when the caller decided on another version than the one under the lock. */
export type CheckVersion = (version: number) => void;

/** The entries of a catalogue: `/rooms`, `/events`. */
export interface Entries<Made extends TObject, Patch extends TObject, Query extends TObject> {
  path: string;
  /** As it stands in operation ids: `Room` makes `createRoom`, `getRoom`, `updateRoom` and `deleteRoom`. */
  name: string;
  tags: string[];
  /** Who may read and who may write them; those of the catalogue when not given. */
  permissions?: { read: Permission; write: Permission };
  /** The answer, what a new one is made of, and what can be changed. */
  entry: TObject;
  made: Made;
  patch: Patch;
  /** What PATCH answers, where it tells more than the entry. */
  changed?: TObject;
  summaries: { create: string; read: string; update: string; remove: string };
  /** Whether answers of the reading route may be kept. */
  kept?: KeptAnswer;
  /** Parameters of the reading route; none when not given. */
  query?: Query;
  create(tx: Transaction, actor: string, asked: Static<Made>, tenant: Tenant): Promise<object>;
  read(tx: Transaction, id: Uuid, actor: Actor, query: Static<Query>): Promise<{ version: number }>;
  update(
    tx: Transaction,
    actor: string,
    id: Uuid,
    patch: Static<Patch>,
    check: CheckVersion,
  ): Promise<{ version: number }>;
  remove(tx: Transaction, actor: string, id: Uuid, check: CheckVersion): Promise<void>;
}

/** Of something that can be removed while no booking needs it; `what` as in "a room". */
export function summariesOf(what: string): Entries<TObject, TObject, TObject>['summaries'] {
  return {
    create: `Add ${what}`,
    read: `Read ${what}`,
    update: `Change ${what}`,
    remove: `Remove ${what} that no booking needs`,
  };
}

/**
 * POST of a new entry, once for each `Idempotency-Key`; GET of one with its version as ETag; PATCH and DELETE, each only
 * from the version that the caller read (`If-Match`).
 */
export function entryRoutes<Made extends TObject, Patch extends TObject, Query extends TObject = TObject>(
  app: App,
  db: Database,
  of: Entries<Made, Patch, Query>,
): void {
  const routes = app as unknown as FastifyInstance; // the schemas are checked at run time; their types stand in `of`
  createRoute(routes, db, of);
  readRoute(routes, db, of);
  updateRoute(routes, db, of);
  removeRoute(routes, db, of);
}

type Of = Entries<TObject, TObject, TObject>;
interface WithId {
  Params: Static<typeof IdPath>;
  Querystring: Record<string, unknown>;
}
const CATALOGUE = { read: 'catalogue.read', write: 'catalogue.write' } as const;

function may({ permissions = CATALOGUE }: Of, what: 'read' | 'write'): { permission: Permission } {
  return { permission: permissions[what] };
}

function createRoute(routes: FastifyInstance, db: Database, of: Of): void {
  const { path, name, tags, entry, made, summaries } = of;
  const operation = { tags, summary: summaries.create, operationId: `create${name}` };
  routes.post(
    path,
    { schema: { ...operation, body: made, response: { 201: entry } }, config: may(of, 'write') },
    async (request, reply) => {
      const { tenant, principal } = request.actor;
      const body = request.body as Record<string, unknown>;
      const answer = await once(db, tenant.id, repeatable(request), async (tx) => ({
        status: 201,
        body: JSON.stringify(await of.create(tx, principal, body, tenant)),
      }));
      return sendAnswer(reply, answer);
    },
  );
}

function readRoute(routes: FastifyInstance, db: Database, of: Of): void {
  const { path, name, tags, entry, summaries, kept, query } = of;
  const operation = { tags, summary: summaries.read, operationId: `get${name}` };
  routes.get<WithId>(
    `${path}/:id`,
    {
      schema: {
        ...operation,
        params: IdPath,
        ...(query && { querystring: query }),
        response: { 200: entry },
      },
      config: { ...may(of, 'read'), ...(kept && { kept }) },
    },
    async ({ actor, params, query: asked }, reply) => {
      const found = await db.inTenant(actor.tenant.id, (tx) => of.read(tx, params.id, actor, asked));
      void reply.header('etag', etag(found.version));
      return found; // not sent: the answer may be kept
    },
  );
}

function updateRoute(routes: FastifyInstance, db: Database, of: Of): void {
  const { path, name, tags, entry, patch, changed: answer = entry, summaries } = of;
  const operation = { tags, summary: summaries.update, operationId: `update${name}` };
  routes.patch<WithId>(
    `${path}/:id`,
    {
      schema: { ...operation, params: IdPath, body: patch, response: { 200: answer } },
      config: may(of, 'write'),
    },
    async (request, reply) => {
      const { actor, params } = request;
      const body = request.body as Record<string, unknown>;
      const check = (version: number) => requireVersion(request, version);
      const changed = await db.inTenant(actor.tenant.id, (tx) =>
        of.update(tx, actor.principal, params.id, body, check),
      );
      return reply.header('etag', etag(changed.version)).send(changed);
    },
  );
}

function removeRoute(routes: FastifyInstance, db: Database, of: Of): void {
  const { path, name, tags, summaries } = of;
  const operation = { tags, summary: summaries.remove, operationId: `delete${name}` };
  const nothing = Type.Null({ description: 'Removed' });
  routes.delete<WithId>(
    `${path}/:id`,
    { schema: { ...operation, params: IdPath, response: { 204: nothing } }, config: may(of, 'write') },
    async (request, reply) => {
      const { actor, params } = request;
      const check = (version: number) => requireVersion(request, version);
      await db.inTenant(actor.tenant.id, (tx) => of.remove(tx, actor.principal, params.id, check));
      return reply.code(204).send(null);
    },
  );
}

/** A change of an entry that lines are resolved from. */
interface EntryChange {
  /** `room.updated` */
  type: string;
  id: Uuid;
  actor: string;
  payload?: Readonly<Record<string, unknown>>;
}

/**
 * The entry stands at `version` now: whatever was resolved from an older one is sent back, and readers of the changes
 * hear of it. Last in its transaction, since it takes the clock, the last lock in the order.
 */
export async function announce(
  tx: Transaction,
  { id, version, ...change }: EntryChange & { version: number },
): Promise<void> {
  await raiseGuard(tx, id, version);
  await recordChange(tx, { ...change, resourceIds: [id] });
}

/** The same for an entry that is gone. */
export async function withdraw(tx: Transaction, { id, ...change }: EntryChange): Promise<void> {
  await dropGuard(tx, id);
  await recordChange(tx, { ...change, resourceIds: [id] });
}
