import { Type, type Static } from 'typebox';
import type { Stretch } from '../../engine/calendar.ts';
import type { Instant } from '../../platform/clock.ts';
import { readCursor, writeCursor } from '../../platform/cursor.ts';
import type { Database } from '../../platform/db.ts';
import type { Uuid } from '../../platform/id.ts';
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
 * The rooms that match with what is taken of each, as JSON text: written here and not by the schema, because a week of
 * 1 000 rooms is 20 000 stretches.
 */
export async function gridText(db: Database, tenant: Uuid, asked: Asked): Promise<string> {
  const { window, named, limit, cursor } = asked;
  const from = cursor === undefined ? FIRST : readCursor(LIST, tenant, SORTS, cursor);
  const filters = [...roomFilters(asked), window.startsAt, window.endsAt, from.value, from.id] as const;
  const rows = await db.read(tenant, roomGrid, ...filters, named, limit + 1);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasNext = rows.length > limit && last !== undefined;
  const pagination = {
    limit,
    nextCursor: hasNext ? writeCursor(LIST, tenant, { sort: 'name', value: last.name, id: last.id }) : null,
    hasNext,
    hasPrev: cursor !== undefined,
  };
  const time = isoTexts();
  return `{"data":[${shown.map((row) => rowText(row, window, time)).join()}],"pagination":${JSON.stringify(pagination)}}`;
}

function rowText(row: Row<typeof roomGrid.columns>, window: Stretch, time: (at: Instant) => string): string {
  const { id: roomId, name, building, capacity, timezone } = row;
  const head = JSON.stringify({ roomId, name, building, capacity, timezone });
  const texts = taken(row, window).map(({ startsAt, endsAt, bookingId }) => {
    const whose = bookingId === undefined ? '' : `,"bookingId":"${bookingId}"`;
    return `{"start":"${time(startsAt)}","end":"${time(endsAt)}"${whose}}`;
  });
  return `${head.slice(0, -1)},"busy":[${texts.join()}]}`;
}

interface Taken extends Stretch {
  bookingId: Uuid | undefined;
}

/** The stretches of a row, cut to the window; where nobody sees whose they are, touching ones are one. */
function taken({ starts, ends, bookings }: Row<typeof roomGrid.columns>, window: Stretch): Taken[] {
  const endings = elements(ends, instantAt);
  const ids = bookings === null ? undefined : elements(bookings, uuidAt);
  const all = elements(starts, instantAt).map((start, i) => ({
    startsAt: Math.max(start, window.startsAt),
    endsAt: Math.min(endings[i] ?? start, window.endsAt),
    bookingId: ids?.[i],
  }));
  inOrder(all);
  return ids === undefined ? joined(all) : all;
}

/** They come along the index, so in order; another plan may bring them otherwise. */
function inOrder(stretches: Taken[]): void {
  const isSorted = stretches.every(
    (each, i) => i === 0 || (stretches[i - 1]?.startsAt ?? 0) <= each.startsAt,
  );
  if (!isSorted) stretches.sort((a, b) => a.startsAt - b.startsAt);
}

function joined(stretches: readonly Taken[]): Taken[] {
  const apart: Taken[] = [];
  for (const each of stretches) {
    const last = apart.at(-1);
    if (last?.endsAt === each.startsAt) last.endsAt = each.endsAt;
    else apart.push(each);
  }
  return apart;
}

/** Bytes before the elements of an array of one dimension, and before each of them its length. */
const ARRAY_HEAD = 20;
const LENGTH = 4;

/** The elements of an array as PostgreSQL's array_send writes it; none of them is null, and all have one length. */
function elements<T>(array: Buffer | null, read: (array: Buffer, at: number) => T): T[] {
  if (array === null) return [];
  const step = LENGTH + array.readInt32BE(ARRAY_HEAD);
  const all: T[] = [];
  for (let at = ARRAY_HEAD; at < array.length; at += step) all.push(read(array, at + LENGTH));
  return all;
}

const EPOCH_MS = Date.UTC(2000, 0, 1);

/** A timestamptz: microseconds since 2000, of which the upper half is signed. */
function instantAt(array: Buffer, at: number): Instant {
  const micros = array.readInt32BE(at) * 2 ** 32 + array.readUInt32BE(at + 4);
  return EPOCH_MS + Math.round(micros / 1_000);
}

function uuidAt(array: Buffer, at: number): Uuid {
  const hex = array.toString('hex', at, at + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Rooms are booked on the same few hundred hours of a week: each is written once. */
function isoTexts(): (at: Instant) => string {
  const texts = new Map<Instant, string>();
  return (at) => {
    const known = texts.get(at);
    if (known !== undefined) return known;
    const text = new Date(at).toISOString();
    texts.set(at, text);
    return text;
  };
}
