import { closeCalendar, openCalendar } from '../../engine/calendar.ts';
import { iso } from '../../platform/clock.ts';
import type { Transaction } from '../../platform/db.ts';
import { uuidV7, type Uuid } from '../../platform/id.ts';
import type { Row } from '../../platform/statement.ts';
import { shelf } from '../shelf.ts';
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

/** Rooms, each with its calendar, and its building if that is new. */
export const roomShelf = shelf<Room, NewRoom, RoomPatch>({
  word: 'room',
  table: 'rooms.room',
  taken: {
    constraint: 'room_name_unique',
    detail: 'This building already has a room of that name. Choose another name.',
  },
  find: async (tx, id) => (await tx.run(sql.roomsById, [id])).map(toRoom)[0],
  add: async (tx, id, asked) => {
    requireSensible(asked);
    const buildingId = await buildingNamed(tx, asked.building);
    await tx.run(
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
    );
    await openCalendar(tx, id);
  },
  change: async (tx, before, patch) => {
    requireSensible(patch);
    const after = { ...before, ...patch };
    await tx.run(
      sql.updateRoom,
      before.id,
      await buildingNamed(tx, after.building),
      after.name,
      after.floor,
      after.capacity,
      after.equipment,
      after.archived,
      after.timezone,
      after.openingHours,
      (patch.rules === undefined ? before.rules : patch.rules) ?? {},
    );
  },
  close: (tx, { id }) => closeCalendar(tx, id),
});

async function buildingNamed(tx: Transaction, name: string): Promise<Uuid> {
  await tx.run(sql.ensureBuilding, uuidV7(), name);
  const [row] = await tx.run(sql.buildingByName, name);
  if (row === undefined) throw new Error(`the building ${name} was neither there nor created`);
  return row.id;
}
