import { Type, type Static } from 'typebox';
import type { Stretch } from '../../engine/calendar.ts';
import type { Instant } from '../../platform/clock.ts';
import { readCursor, writeCursor } from '../../platform/cursor.ts';
import type { Database } from '../../platform/db.ts';
import type { Uuid } from '../../platform/id.ts';
import { around, aroundTime, JsonBytes } from '../../platform/json-bytes.ts';
import { Id, InstantText, nullable, strict, Timezone, Whole } from '../../platform/schema.ts';
import type { Row } from '../../platform/statement.ts';
import { Window } from '../../platform/window.ts';
import { roomGrid } from './grid-queries.ts';
import { RoomFilters } from './schema.ts';
import { roomFilters } from './filters.ts';

/** The six weeks that a month can touch on a calendar's page. */
export const LONGEST_GRID_DAYS = 42;
/** A university's rooms in one answer; a week of them is about a megabyte before it is compressed. */
const MOST_ROOMS = 1_000;

export const GridQuery = strict({
  ...RoomFilters,
  ...Window,
  limit: Whole(1, MOST_ROOMS, { default: 100 }),
  cursor: Type.Optional(Type.String({ description: '`nextCursor` of the page before' })),
});
type GridQuery = Static<typeof GridQuery>;

export const Grid = strict(
  {
    data: Type.Array(
      strict({
        roomId: Id,
        name: Type.String(),
        building: Type.String(),
        capacity: Type.Integer(),
        timezone: nullable(Timezone),
        busy: Type.Array(strict({ start: InstantText, end: InstantText, bookingId: Type.Optional(Id) })),
      }),
    ),
    pagination: strict({
      limit: Type.Integer(),
      nextCursor: nullable(Type.String()),
      hasNext: Type.Boolean(),
      hasPrev: Type.Boolean(),
    }),
  },
  { title: 'RoomGrid' },
);

interface Asked extends GridQuery {
  window: Stretch;
  /** Show which booking each stretch belongs to; then neighbours stay apart. */
  named: boolean;
}

const LIST = 'rooms.grid';
const SORTS = new Map([['name', 'text']] as const);
const FIRST = { value: '', id: '00000000-0000-0000-0000-000000000000' };

/**
 * The rooms that match with what is taken of each, as JSON: written here and not by the schema, because a week of
 * 1 000 rooms is 20 000 stretches.
 */
export async function gridBytes(db: Database, tenant: Uuid, asked: Asked): Promise<Buffer> {
  const { window, named, limit, cursor } = asked;
  const from = cursor === undefined ? FIRST : readCursor(LIST, tenant, SORTS, cursor);
  const filters = [...roomFilters(asked), window.startsAt, window.endsAt, from.value, from.id] as const;
  const json = new JsonBytes(limit * ROOM_BYTES);
  const writeRow = rowWriter(json, asked);
  let [shown, hasNext] = [0, false];
  let last = FIRST;
  const take = (row: Row<typeof roomGrid.columns>) => {
    hasNext = shown === limit;
    if (hasNext) return;
    if (shown > 0) json.put(COMMA);
    writeRow(row);
    shown += 1;
    last = { value: row.name, id: row.id };
  };
  json.text('{"data":[');
  await db.readEach(tenant, roomGrid, take, ...filters, named, limit + 1);
  const pagination = {
    limit,
    nextCursor: hasNext ? writeCursor(LIST, tenant, { sort: 'name', ...last }) : null,
    hasNext,
    hasPrev: cursor !== undefined,
  };
  json.text(`],"pagination":${JSON.stringify(pagination)}}`);
  return json.bytes;
}

/** A room with some twenty stretches. */
const ROOM_BYTES = 2_500;
const COMMA = around(',');
const CLOSE = around('"}');

const INSTANT_BYTES = 8;
const UUID_BYTES = 16;

/** Writes rooms with their stretches, cut to the window; where nobody sees whose they are, touching ones are one. */
function rowWriter(json: JsonBytes, { window, named }: Asked) {
  const start = aroundTime('{"start":"', '","end":"');
  const end = aroundTime('', named ? '","bookingId":"' : '"}');
  const bytes = 2 * INSTANT_BYTES + (named ? UUID_BYTES : 0);
  return ({ id: roomId, name, building, capacity, timezone, taken }: Row<typeof roomGrid.columns>): void => {
    json.text(`${JSON.stringify({ roomId, name, building, capacity, timezone }).slice(0, -1)},"busy":[`);
    const sent = inOrder(Buffer.from(taken ?? '', 'base64'), bytes);
    for (let at = 0, next = bytes; at < sent.length; at = next, next += bytes) {
      const startsAt = instantAt(sent, at);
      let endsAt = instantAt(sent, at + INSTANT_BYTES);
      for (; !named && next < sent.length && instantAt(sent, next) === endsAt; next += bytes)
        endsAt = instantAt(sent, next + INSTANT_BYTES);
      if (at > 0) json.put(COMMA);
      json.put(start(Math.max(startsAt, window.startsAt)));
      json.put(end(Math.min(endsAt, window.endsAt)));
      if (!named) continue;
      json.uuid(sent, at + 2 * INSTANT_BYTES);
      json.put(CLOSE);
    }
    json.text(']}');
  };
}

/** The stretches of a room as `rooms.grid` sends them. They come along the index, so in order; another plan may bring them otherwise. */
function inOrder(sent: Buffer, bytes: number): Buffer {
  for (let at = bytes; at < sent.length; at += bytes)
    if (instantAt(sent, at) < instantAt(sent, at - bytes)) return sorted(sent, bytes);
  return sent;
}

function sorted(sent: Buffer, bytes: number): Buffer {
  const stretches = Array.from({ length: sent.length / bytes }, (_, i) =>
    sent.subarray(i * bytes, (i + 1) * bytes),
  );
  return Buffer.concat(stretches.sort((one, other) => instantAt(one, 0) - instantAt(other, 0)));
}

const EPOCH_MS = Date.UTC(2000, 0, 1);

/** A timestamptz: microseconds since 2000, of which the upper half is signed. */
function instantAt(bytes: Buffer, at: number): Instant {
  const micros = bytes.readInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
  return EPOCH_MS + Math.round(micros / 1_000);
}
