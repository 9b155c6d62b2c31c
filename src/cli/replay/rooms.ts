import { Refusal } from '../../platform/refusal.ts';
import { patient, problemIn, refusedBy, type Call } from '../client.ts';
import { keyFor } from '../idempotency-key.ts';
import { inParallel } from '../in-parallel.ts';
import type { Room } from './ectt.ts';

const PAGE = 100;

/** A room as the API tells it. */
interface Listed {
  readonly id: string;
  readonly name: string;
  readonly building: string;
  readonly capacity: number;
}

/**
 * The ids of the rooms by name; what the tenant lacks is created, `width` at a time. Throws a Refusal when the tenant
 * has a room of that name with other seats: then it holds something else than this timetable.
 */
export async function ensureRooms(
  call: Call,
  rooms: readonly Room[],
  timezone: string,
  width: number,
): Promise<{ ids: ReadonlyMap<string, string>; created: number }> {
  const known = new Map((await listRooms(call)).map((room) => [`${room.building}\n${room.name}`, room]));
  const ids = new Map<string, string>();
  let created = 0;
  await inParallel(rooms, width, async (room) => {
    const building = buildingName(room);
    const there = known.get(`${building}\n${room.name}`);
    if (there !== undefined && there.capacity !== room.capacity)
      throw new Refusal(
        `The tenant already has a room ${room.name} in ${building}, with ${there.capacity} seats instead of ` +
          `${room.capacity}. Replay this file into another tenant with --tenant.`,
      );
    ids.set(room.name, there?.id ?? (await createRoom(call, room, building, timezone)));
    if (there === undefined) created++;
  });
  return { ids, created };
}

/** The file numbers its buildings. */
export function buildingName(room: Room): string {
  return `Building ${room.building}`;
}

async function listRooms(call: Call): Promise<Listed[]> {
  const rooms: Listed[] = [];
  let cursor: string | null = '';
  do {
    const query: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page = await call('GET', `/rooms?limit=${PAGE}${query}`);
    if (page.status === 401 || page.status === 404)
      throw new Refusal(
        `The server does not accept this tenant and key (${page.status} ${problemIn(page).code}). Check the key, and ` +
          'that the server uses the same database as this command (DATABASE_URL or HOLDFAST_DATA_DIR).',
      );
    if (page.status !== 200) throw refusedBy(page, 'to list the rooms');
    const { data, pagination } = page.body as { data: Listed[]; pagination: { nextCursor: string | null } };
    rooms.push(...data);
    cursor = pagination.nextCursor;
  } while (cursor);
  return rooms;
}

async function createRoom(call: Call, room: Room, building: string, timezone: string): Promise<string> {
  const body = { name: room.name, building, capacity: room.capacity, timezone };
  const answer = await patient(call)('POST', '/rooms', body, keyFor('replay', building, room.name));
  if (answer.status !== 201) throw refusedBy(answer, `to create the room ${room.name}`);
  return (answer.body as { id: string }).id;
}
