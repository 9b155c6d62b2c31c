import { recordChange } from '../engine/change.ts';
import { iso } from '../platform/clock.ts';
import type { Database, Transaction } from '../platform/db.ts';
import { notFound, Problem } from '../platform/errors.ts';
import { DatabaseFault } from '../platform/fault.ts';
import { uuidV7, type Uuid } from '../platform/id.ts';
import type { Row } from '../platform/statement.ts';
import type { BookedFor, Client, ClientPatch, NewClient } from './client-schema.ts';
import * as sql from './client-queries.ts';

export function toClient({ archivedAt, createdAt, ...row }: Row<typeof sql.clientById.columns>): Client {
  return { ...row, archived: archivedAt !== null, createdAt: iso(createdAt) };
}

/** Enters a client. Throws `already_exists` when the e-mail is somebody's: a person has one row in a company. */
export async function createClient(tx: Transaction, actor: string, asked: NewClient): Promise<Client> {
  const id = await insert(tx, actor, asked);
  if (id === undefined) throw emailTaken();
  return readClient(tx, id);
}

/** Changes the fields sent. `check` sees the version under the lock and throws when the caller's is older. */
export async function updateClient(
  tx: Transaction,
  actor: string,
  id: Uuid,
  patch: ClientPatch,
  check: (version: number) => void,
): Promise<Client> {
  const before = await lockClient(tx, id);
  check(before.version);
  const after = { ...before, ...patch };
  const { firstName, lastName, email, phone, tags, archived } = after;
  const written = tx.run(
    ...([sql.updateClient, id, firstName, lastName, email, phone, tags, ...keysOf(after), archived] as const),
  );
  await written.catch((error: unknown) => {
    if (error instanceof DatabaseFault && error.constraint === 'client_email_unique') throw emailTaken();
    throw error;
  });
  // Which fields, and not what is in them: changes are kept long and read by many.
  const payload = { fields: Object.keys(patch) };
  await recordChange(tx, { type: 'client.updated', resourceIds: [id], actor, payload });
  return readClient(tx, id);
}

/** Removes a client whom no booking was ever for. Throws `in_use` otherwise: such a client is archived. */
export async function deleteClient(
  tx: Transaction,
  actor: string,
  id: Uuid,
  check: (version: number) => void,
): Promise<void> {
  check((await lockClient(tx, id)).version);
  await tx.run(sql.deleteClient, id).catch((error: unknown) => {
    if (error instanceof DatabaseFault && error.kind === 'reference')
      throw new Problem(
        'in_use',
        'Bookings or keys still need this client. Archive him instead: PATCH {"archived": true}.',
      );
    throw error;
  });
  await recordChange(tx, { type: 'client.deleted', resourceIds: [id], actor });
}

export async function readClient(tx: Transaction, id: Uuid): Promise<Client> {
  const [row] = await tx.run(sql.clientById, id);
  if (row === undefined) throw notFound('client');
  return toClient(row);
}

/** A client by id, without a lock; undefined when there is none. */
export async function findClient(db: Database, tenant: Uuid, id: Uuid): Promise<Client | undefined> {
  const [row] = await db.read(tenant, sql.clientById, id);
  return row && toClient(row);
}

export async function findClientByEmail(
  db: Database,
  tenant: Uuid,
  email: string,
): Promise<Client | undefined> {
  const [row] = await db.read(tenant, sql.clientByEmail, searched(email));
  return row && toClient(row);
}

/** The client of an e-mail, made when there is none. Of two that come at once one makes him and the other finds him. */
export async function findOrCreateClient(
  db: Database,
  tenant: Uuid,
  actor: string,
  asked: BookedFor,
): Promise<Client> {
  const found = await findClientByEmail(db, tenant, asked.email);
  if (found !== undefined) return found;
  return db.inTenant(tenant, async (tx) => {
    await insert(tx, actor, asked); // a twin's uncommitted row is waited for, and then it is there
    const [row] = await tx.run(sql.clientByEmail, searched(asked.email));
    if (row === undefined) throw new Error('a client was neither there nor made');
    return toClient(row);
  });
}

/** As texts are compared and searched: `Ada@Example.org` is `ada@example.org`. */
export function searched(text: string): string {
  return text.normalize('NFC').toLowerCase();
}

async function insert(tx: Transaction, actor: string, asked: NewClient): Promise<Uuid | undefined> {
  const { firstName, lastName, email, phone = null, tags = [] } = asked;
  const values = [firstName, lastName, email, phone, tags] as const;
  const [made] = await tx.run(sql.insertClient, uuidV7(), ...values, ...keysOf(asked), actor);
  if (made !== undefined) await recordChange(tx, { type: 'client.created', resourceIds: [made.id], actor });
  return made?.id;
}

function keysOf({ email, firstName, lastName }: BookedFor): [string, string, string] {
  return [searched(email), searched(firstName), searched(lastName)];
}

async function lockClient(tx: Transaction, id: Uuid): Promise<Client> {
  await tx.run(sql.lockClient, id);
  return readClient(tx, id); // a statement of its own: it sees what the wait for the lock was for
}

function emailTaken(): Problem {
  return new Problem(
    'already_exists',
    'There is already a client with this e-mail, perhaps an archived one. Find him with GET /clients?search=...',
  );
}
