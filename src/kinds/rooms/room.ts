import { closeCalendar, openCalendar } from '../../engine/calendar.ts';
import { iso } from '../../platform/clock.ts';
import type { Transaction } from '../../platform/db.ts';
import { notFound, Problem } from '../../platform/errors.ts';
import { DatabaseFault } from '../../platform/fault.ts';
import { uuidV7, type Uuid } from '../../platform/id.ts';
import type { Row } from '../../platform/statement.ts';
import { announce, withdraw } from '../entry.ts';
import * as sql from './queries.ts';
import type { NewRoom, Room, RoomPatch } from './schema.ts';
import { requireSensible } from './sensible.ts';

export function toRoom({ archivedAt, createdAt, ...row }: Row<typeof sql.roomsById.columns>): Room {
  return {
    ...row,
    openingHours: row.openingHours as Room['openingHours'],
    rules: row.rules as Room['rules'],
    archived: archivedAt !== null,
    createdAt: iso(createdAt),
  };
}

/** Creates a room, its building if that is new, and its calendar. Throws `already_exists` on a name taken there. */
export async function createRoom(tx: Transaction, actor: string, asked: NewRoom): Promise<Room> {
  requireSensible(asked);
  const id = uuidV7();
  const buildingId = await buildingNamed(tx, asked.building);
  await orNameTaken(
    tx.run(
      sql.insertRoom,
      id,
      buildingId,
      asked.name,
      asked.floor ?? null,
      asked.capacity,
      asked.equipment ?? [],
      asked.timezone ?? null,
      asked.openingHours ?? null,
      asked.rules ?? {},
    ),
  );
  await openCalendar(tx, id);
  await announce(tx, { type: 'room.created', id, version: 1, actor });
  return readRoom(tx, id);
}

/** Changes the fields sent. `check` sees the version under the room's lock and throws when the caller's is older. */
export async function updateRoom(
  tx: Transaction,
  actor: string,
  id: Uuid,
  patch: RoomPatch,
  check: (version: number) => void,
): Promise<Room> {
  const before = await lockRoom(tx, id);
  check(before.version);
  requireSensible(patch);
  const after = {
    ...before,
    ...patch,
    rules: (patch.rules === undefined ? before.rules : patch.rules) ?? {},
  };
  const buildingId = await buildingNamed(tx, after.building);
  await orNameTaken(
    tx.run(
      sql.updateRoom,
      id,
      buildingId,
      after.name,
      after.floor,
      after.capacity,
      after.equipment,
      after.archived,
      after.timezone,
      after.openingHours,
      after.rules,
    ),
  );
  await announce(tx, { type: 'room.updated', id, version: before.version + 1, actor, payload: patch });
  return readRoom(tx, id);
}

/** Removes a room that no booking claims. Throws `in_use` otherwise: such a room is archived instead. */
export async function deleteRoom(
  tx: Transaction,
  actor: string,
  id: Uuid,
  check: (version: number) => void,
): Promise<void> {
  check((await lockRoom(tx, id)).version);
  const closed = await closeCalendar(tx, id).catch((error: unknown) => {
    if (error instanceof DatabaseFault && error.kind === 'reference') return false; // a hold came in between
    throw error;
  });
  if (!closed)
    throw new Problem(
      'in_use',
      'Bookings still need this room. Archive it instead: PATCH {"archived": true}.',
    );
  await tx.run(sql.deleteRoom, id);
  await withdraw(tx, { type: 'room.deleted', id, actor });
}

export async function readRoom(tx: Transaction, id: Uuid): Promise<Room> {
  const [row] = await tx.run(sql.roomsById, [id]);
  if (row === undefined) throw notFound('room');
  return toRoom(row);
}

/** The room under its lock, as it is now; until the transaction ends nobody else changes it. */
export async function lockRoom(tx: Transaction, id: Uuid): Promise<Room> {
  await tx.run(sql.lockRoom, id);
  return readRoom(tx, id); // a statement of its own: it sees what the wait for the lock was for
}

async function buildingNamed(tx: Transaction, name: string): Promise<Uuid> {
  await tx.run(sql.ensureBuilding, uuidV7(), name);
  const [row] = await tx.run(sql.buildingByName, name);
  if (row === undefined) throw new Error(`the building ${name} was neither there nor created`);
  return row.id;
}

async function orNameTaken(written: Promise<unknown>): Promise<void> {
  await written.catch((error: unknown) => {
    if (error instanceof DatabaseFault && error.constraint === 'room_name_unique')
      throw new Problem(
        'already_exists',
        'This building already has a room of that name. Choose another name.',
      );
    throw error;
  });
}
