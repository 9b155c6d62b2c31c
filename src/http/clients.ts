import { Type } from 'typebox';
import { entryRoutes } from '../kinds/entry.ts';
import type { Actor } from '../people/access.ts';
import * as people from '../people/client.ts';
import * as sql from '../people/client-queries.ts';
import { BookedFor, Client, ClientPatch, NewClient } from '../people/client-schema.ts';
import type { App } from '../people/route.ts';
import type { Database } from '../platform/db.ts';
import { Problem, ruleViolated } from '../platform/errors.ts';
import { DatabaseFault } from '../platform/fault.ts';
import type { Uuid } from '../platform/id.ts';
import { answerList, listAnswer, listQuery } from '../platform/list.ts';
import { Id } from '../platform/schema.ts';

const tags = ['Clients'];
const config = { permission: 'client.manage' } as const;

/** The people a company knows. Who books as a client sees none of them. */
export function clientRoutes(app: App, db: Database): void {
  listRoute(app, db);
  entryRoutes(app, db, {
    path: '/clients',
    name: 'Client',
    tags,
    permissions: { read: config.permission, write: config.permission },
    entry: Client,
    made: NewClient,
    patch: ClientPatch,
    summaries: {
      create: 'Add a client; refused when there is one with this e-mail',
      read: 'Read a client',
      update: 'Change a client',
      remove: 'Remove a client whom no booking was ever for',
    },
    create: people.createClient,
    read: people.readClient,
    update: people.updateClient,
    remove: people.deleteClient,
  });
}

function listRoute(app: App, db: Database): void {
  app.get(
    '/clients',
    {
      schema: {
        tags,
        summary: 'List clients',
        operationId: 'listClients',
        querystring: listQuery(sql.clientList, Client, {
          search: Type.Optional(
            Type.String({ maxLength: 200, description: 'How the e-mail, the last or the first name begins' }),
          ),
          tag: Type.Optional(Type.String({ maxLength: 50 })),
          archived: Type.Optional(
            Type.Boolean({ default: false, description: 'Show the archived clients instead' }),
          ),
        }),
        response: { 200: listAnswer(Client) },
      },
      config,
    },
    ({ actor, query }) => {
      const tenant = actor.tenant.id;
      const filters = [query.archived ?? false, query.tag ?? null] as const;
      if (query.search === undefined || query.search === '')
        return answerList(db, tenant, sql.clientList, query, filters, people.toClient);
      const named = [...filters, people.searched(query.search)] as const;
      return answerList(db, tenant, sql.clientSearch, query, named, people.toClient);
    },
  );
}

/** How a hold says whom it is for. */
export const forClient = {
  clientId: Type.Optional(Id),
  client: Type.Optional(BookedFor),
};
export interface ForClient {
  clientId?: Uuid;
  client?: BookedFor;
}

/**
 * The client a booking is for, null when none is named: then nothing is read. Who books as a client books for himself and
 * names nobody else. Throws `forbidden`, `not_found` or `rule_violated` for whom it cannot be.
 */
export async function bookedFor(db: Database, actor: Actor, asked: ForClient): Promise<Uuid | null> {
  const { clientId, client } = asked;
  if (actor.role === 'client') return ownClient(actor, asked);
  if (clientId !== undefined && client !== undefined)
    throw ruleViolated('/client', 'unknown_field', 'Send either clientId or client, not both.');
  if (client !== undefined) {
    const found = await people.findOrCreateClient(db, actor.tenant.id, actor.principal, client);
    return requireBookable(found, '/client');
  }
  return clientId === undefined ? null : known(db, actor, clientId);
}

/** The same for a look ahead: nobody is made, and a client who would be new has the name that his e-mail gives him. */
export async function wouldBeBookedFor(
  db: Database,
  actor: Actor,
  asked: ForClient,
): Promise<{ clientId: Uuid | null; newcomer?: string }> {
  const { client, clientId } = asked;
  if (actor.role === 'client' || client === undefined || clientId !== undefined)
    return { clientId: await bookedFor(db, actor, asked) };
  const found = await people.findClientByEmail(db, actor.tenant.id, client.email);
  if (found === undefined) return { clientId: null, newcomer: people.searched(client.email) };
  return { clientId: requireBookable(found, '/client') };
}

function ownClient(actor: Actor, { clientId, client }: ForClient): Uuid | null {
  if (client === undefined && (clientId === undefined || clientId === actor.clientId)) return actor.clientId;
  throw new Problem(
    'forbidden',
    'A key with the role "client" books for its own client only. Leave clientId and client out.',
  );
}

async function known(db: Database, actor: Actor, id: Uuid): Promise<Uuid> {
  const found = await people.findClient(db, actor.tenant.id, id);
  if (found === undefined) throw noSuchClient();
  return requireBookable(found, '/clientId');
}

/** For a hold whose client was removed after he was looked for: the database's refusal as the answer that it is. */
export function orNoSuchClient(error: unknown): never {
  const isGone = error instanceof DatabaseFault && error.constraint === 'booking_client_fkey';
  throw isGone ? noSuchClient() : error;
}

function noSuchClient(): Problem {
  return new Problem('not_found', 'There is no such client.', {
    errors: [{ pointer: '/clientId', reason: 'invalid_reference' }],
  });
}

function requireBookable({ id, archived }: Client, pointer: string): Uuid {
  if (archived)
    throw ruleViolated(
      pointer,
      'archived',
      'This client is archived. Restore him first, or book for another.',
    );
  return id;
}
