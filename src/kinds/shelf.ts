import { recordChange } from '../engine/change.ts';
import type { Tenant } from '../people/access.ts';
import type { Transaction } from '../platform/db.ts';
import { notFound, Problem } from '../platform/errors.ts';
import { DatabaseFault } from '../platform/fault.ts';
import { uuidV7, type Uuid } from '../platform/id.ts';
import { statement } from '../platform/statement.ts';
import { announce, withdraw, type CheckVersion } from './entry.ts';

interface Kept {
  id: Uuid;
  version: number;
}

/** What is special about the entries of one table; what is done with all of them alike is `shelf`. */
export interface ShelfOf<Entry extends Kept, Made, Patch> {
  /** As changes and refusals call one of them: `room`. */
  word: string;
  /** Has `tenant_id`, `id` and `version`, which each change raises: `rooms.room`. */
  table: string;
  /** Lines are resolved from them, so that sales have to see each change; true when not given. */
  isSold?: boolean;
  find(tx: Transaction, id: Uuid): Promise<Entry | undefined>;
  /** Writes a new one and opens what it is sold as. */
  add(tx: Transaction, id: Uuid, asked: Made, tenant: Tenant): Promise<unknown>;
  /** Writes what was sent over what it was, and its next version. */
  change(tx: Transaction, before: Entry, patch: Patch): Promise<unknown>;
  /** Takes back what it is sold as; false while something needs it. */
  close?(tx: Transaction, entry: Entry): Promise<boolean>;
  /** What is told of a change; what was sent when not given. */
  told?(patch: Patch): Readonly<Record<string, unknown>>;
  /** A constraint that holds their names apart, and what somebody is told who chose one that is taken. */
  taken?: { constraint: string; detail: string };
  /** What somebody is told who removes one that is needed. */
  inUse?: string;
}

/** Entries made, read, changed and removed: what `entryRoutes` calls. */
export interface Shelf<Entry, Made, Patch> {
  create(tx: Transaction, actor: string, asked: Made, tenant: Tenant): Promise<Entry>;
  read(tx: Transaction, id: Uuid): Promise<Entry>;
  /** The entry under its lock, as it is now; until the transaction ends nobody else changes it. */
  lock(tx: Transaction, id: Uuid): Promise<Entry>;
  update(tx: Transaction, actor: string, id: Uuid, patch: Patch, check: CheckVersion): Promise<Entry>;
  remove(tx: Transaction, actor: string, id: Uuid, check: CheckVersion): Promise<void>;
}

/**
 * The life of catalogue entries: each step reads under the entry's lock, is checked against the version that the caller
 * knew, and is told last, since that takes the clock. Throws `already_exists` and `in_use` where the database refuses.
 */
export function shelf<Entry extends Kept, Made, Patch extends Readonly<Record<string, unknown>>>(
  of: ShelfOf<Entry, Made, Patch>,
): Shelf<Entry, Made, Patch> {
  const { word, isSold = true } = of;
  const { lockRow, deleteRow } = rowStatements(of.table);

  async function read(tx: Transaction, id: Uuid): Promise<Entry> {
    const entry = await of.find(tx, id);
    if (entry === undefined) throw notFound(word);
    return entry;
  }

  async function lock(tx: Transaction, id: Uuid): Promise<Entry> {
    await tx.run(lockRow, id);
    return read(tx, id); // a statement of its own: it sees what the wait for the lock was for
  }

  async function tell(tx: Transaction, change: Parameters<typeof announce>[1]): Promise<void> {
    const { id, version: _, ...rest } = change;
    await (isSold ? announce(tx, change) : recordChange(tx, { ...rest, resourceIds: [id] }));
  }

  return {
    read,
    lock,
    create: async (tx, actor, asked, tenant) => {
      const id = uuidV7();
      await orTaken(of, of.add(tx, id, asked, tenant));
      await tell(tx, { type: `${word}.created`, id, version: 1, actor });
      return read(tx, id);
    },
    update: async (tx, actor, id, patch, check) => {
      const before = await lock(tx, id);
      check(before.version);
      await orTaken(of, of.change(tx, before, patch));
      const payload = of.told?.(patch) ?? patch;
      await tell(tx, { type: `${word}.updated`, id, version: before.version + 1, actor, payload });
      return read(tx, id);
    },
    remove: async (tx, actor, id, check) => {
      const entry = await lock(tx, id);
      check(entry.version);
      await orInUse(of, async () => {
        const isClosed = (await of.close?.(tx, entry)) ?? true;
        if (isClosed) await tx.run(deleteRow, id);
        return isClosed;
      });
      const change = { type: `${word}.deleted`, id, actor };
      await (isSold ? withdraw(tx, change) : recordChange(tx, { ...change, resourceIds: [id] }));
    },
  };
}

function rowStatements(table: string) {
  const params = ['uuid', 'uuid'] as const;
  return {
    lockRow: statement(`${table}.lock`, {
      params,
      columns: { id: 'uuid' },
      text: `select r.id from ${table} r where r.tenant_id = $1 and r.id = $2 for no key update of r`,
    }),
    deleteRow: statement(`${table}.delete`, {
      params,
      columns: {},
      text: `delete from ${table} r where r.tenant_id = $1 and r.id = $2`,
    }),
  };
}

async function orTaken(
  { taken }: Pick<ShelfOf<Kept, never, never>, 'taken'>,
  written: Promise<unknown>,
): Promise<void> {
  await written.catch((error: unknown) => {
    if (taken !== undefined && error instanceof DatabaseFault && error.constraint === taken.constraint)
      throw new Problem('already_exists', taken.detail);
    throw error;
  });
}

/** The references of the database have the last word: a hold may have come in between. */
async function orInUse(
  { word, inUse }: Pick<ShelfOf<Kept, never, never>, 'word' | 'inUse'>,
  remove: () => Promise<boolean>,
): Promise<void> {
  const isRemoved = await remove().catch((error: unknown) => {
    if (error instanceof DatabaseFault && error.kind === 'reference') return false;
    throw error;
  });
  if (isRemoved) return;
  const detail = `Bookings still need this ${word}. Archive it instead: PATCH {"archived": true}.`;
  throw new Problem('in_use', inUse ?? detail);
}
