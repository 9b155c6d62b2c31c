import { hash } from 'node:crypto';
import { Type, type Static } from 'typebox';
import type { Engine, Hold, Outcome } from '../../engine/index.ts';
import type { Actor } from '../../people/access.ts';
import type { Instant } from '../../platform/clock.ts';
import type { Database } from '../../platform/db.ts';
import { conflictReasons, Problem, reasons } from '../../platform/errors.ts';
import { newReference, uuidV7, type Uuid } from '../../platform/id.ts';
import { strict } from '../../platform/schema.ts';
import { statement } from '../../platform/statement.ts';
import { withoutClashes, type Wanted } from './clashes.ts';
import { resolveRoomLines } from './line.ts';
import { timesOf, type Single } from './series.ts';
import { termShelf, type Term } from './term.ts';
import {
  COLUMNS,
  fault,
  lessonOf,
  readTimetable,
  type Cells,
  type RowFault,
  type TimetableRow,
} from './timetable.ts';
import { localText } from '../../platform/wall-time.ts';

/** Rows that are booked at a time: enough to fill batches, few enough to leave the lane to others. */
const AT_ONCE = 16;
/** Between a row's hold and its confirmation lies one call. */
const TTL_SECONDS = 60;
/** A hold that an earlier run left behind unconfirmed is taken up again under a new key; so often at most. */
const MOST_ATTEMPTS = 3;

const Refused = strict({
  row: Type.Integer({ description: 'Its number in the file; the line of names is 1' }),
  ...Object.fromEntries(COLUMNS.map((name) => [name, Type.String()])),
  reason: Type.String(),
  detail: Type.String(),
});

export const ImportAnswer = strict(
  {
    dryRun: Type.Boolean(),
    rows: Type.Integer(),
    booked: Type.Integer({ description: 'Rows that are booked now, or could be' }),
    repeated: Type.Integer({ description: 'Rows that an earlier import of the same had booked' }),
    occurrences: Type.Integer({ description: 'Of the rows booked now' }),
    refused: Type.Array(Refused),
  },
  { title: 'TimetableImport' },
);
export type ImportAnswer = Omit<Static<typeof ImportAnswer>, 'refused'> & {
  refused: (Cells & RowFault & { row: number })[];
};

interface Import {
  db: Database;
  engine: Engine;
  actor: Actor;
  now: Instant;
  termId: Uuid | undefined;
  dryRun: boolean;
}

type Result = { result: 'booked' | 'repeated'; occurrences: number } | ({ result: 'refused' } & RowFault);

/**
 * Books each row of a timetable for itself, all its occurrences or none: a row that cannot be booked is told of and
 * holds up no other. The same row of the same term is booked once, however often it is sent within three days; after
 * that its own booking stands in its way.
 */
export async function importTimetable(given: Import, text: string): Promise<ImportAnswer> {
  const { db, actor, termId, dryRun } = given;
  const rows = readTimetable(text);
  const term =
    termId === undefined ? undefined : await db.inTenant(actor.tenant.id, (tx) => termShelf.read(tx, termId));
  const rooms = await roomsNamed(db, actor.tenant.id, rows);
  const wanted = await inTurn(rows, (row) => orFault(() => wantedOf(given, row, rooms, term)));
  const clear = dryRun ? withoutClashes(wanted) : wanted;
  const results = await inTurn(clear, (each) =>
    'hold' in each
      ? orFault(() => (dryRun ? tryRow(given, each) : bookRow(given, each)))
      : Promise.resolve(each),
  );
  return summary(dryRun, rows, results);
}

function summary(
  dryRun: boolean,
  rows: readonly TimetableRow[],
  results: readonly (Result | RowFault)[],
): ImportAnswer {
  const done = results.flatMap((each) => ('occurrences' in each ? [each] : []));
  const booked = done.filter(({ result }) => result === 'booked');
  return {
    dryRun,
    rows: rows.length,
    booked: booked.length,
    repeated: done.length - booked.length,
    occurrences: booked.reduce((sum, { occurrences }) => sum + occurrences, 0),
    refused: rows.flatMap(({ row, cells }, i) => {
      const result = results[i];
      if (result === undefined || 'occurrences' in result) return [];
      return [{ row, ...cells, reason: result.reason, detail: result.detail }];
    }),
  };
}

interface NamedRoom {
  id: Uuid;
  name: string;
  building: string;
  timezone: string | null;
}

/** Rides room_by_name. */
const roomsByName = statement('rooms.byName', {
  params: ['uuid', 'text[]'],
  columns: { id: 'uuid', name: 'text', building: 'text', timezone: 'text?' },
  text: `select r.id, r.name, b.name as building, r.timezone
    from rooms.room r join rooms.building b on b.tenant_id = r.tenant_id and b.id = r.building_id
    where r.tenant_id = $1 and r.name = any ($2::text[]) and r.archived_at is null`,
});

async function roomsNamed(db: Database, tenant: Uuid, rows: readonly TimetableRow[]): Promise<NamedRoom[]> {
  const names = new Set(rows.map(({ cells }) => cells.room).filter((name) => !name.includes('\0')));
  return db.read(tenant, roomsByName, [...names]);
}

function roomOf({ cells }: TimetableRow, rooms: readonly NamedRoom[]): NamedRoom | RowFault {
  const { room, building } = cells;
  const found = rooms.filter((each) => each.name === room && (building === '' || each.building === building));
  const [only] = found;
  if (only === undefined)
    return fault('invalid_reference', `There is no room "${room}" there. Add it first.`);
  if (found.length > 1)
    return fault('invalid_reference', `Several rooms are called "${room}". Say in which building.`);
  return only;
}

/** The hold that books the row, by the rules of its room; its quotas count persons, and a row is nobody else. */
async function wantedOf(
  { db, actor, now }: Import,
  row: TimetableRow,
  rooms: readonly NamedRoom[],
  term: Term | undefined,
): Promise<Wanted | RowFault> {
  const lesson = lessonOf(row, term);
  if ('reason' in lesson) return lesson;
  const room = roomOf(row, rooms);
  if ('reason' in room) return room;
  const { tenant, principal, role } = actor;
  const timezone = room.timezone ?? tenant.timezone;
  const key = hash(
    'sha256',
    JSON.stringify([term?.id ?? null, room.id, { ...row.cells, room: '', building: '' }]),
  );
  const lines = lesson.starts.map((start, i): { no: number; line: Single } => {
    const [localStart, localEnd] = [localText(start), localText(start + lesson.lengthMs)];
    const series = {
      id: 1,
      occurrence: i + 1,
      occurrences: lesson.starts.length,
      timezone,
      localStart,
      localEnd,
    };
    // A lesson whose time the clocks leave out or show twice takes place by the time that holds after the change.
    const marked = { ...series, rrule: lesson.rrule ?? '', dst: 'later' as const };
    const { start: from, end: to } = timesOf(i + 1, marked);
    const line = { kind: 'room' as const, roomId: room.id, start: from, end: to };
    return { no: i + 1, line: lesson.rrule === undefined ? line : { ...line, series: marked } };
  });
  const context = { db, tenant, client: `import ${key}`, role, now, others: [], fresh: true };
  const { lines: resolved, guards } = await resolveRoomLines(context, lines);
  const hold: Hold = {
    verb: 'hold',
    bookingId: uuidV7(),
    reference: newReference(),
    clientId: null,
    note: row.cells.title,
    currency: tenant.currency,
    ttlSeconds: TTL_SECONDS,
    approval: 'none', // whoever may import a timetable need not ask
    lines: resolved,
    guards,
    actor: principal,
    idempotency: {
      ...{
        principal: 'import',
        route: 'POST /rooms/import',
        key,
        fingerprint: hash('sha256', key, 'buffer'),
      },
      ...{ status: 201, render: ({ id }) => id },
    },
  };
  return { row, hold };
}

async function tryRow({ engine, actor }: Import, { hold }: Wanted): Promise<Result> {
  const outcome = await engine.preview(actor.tenant.id, hold);
  return outcome.result === 'done'
    ? { result: 'booked', occurrences: hold.lines.length }
    : refusalOf(outcome);
}

async function bookRow(given: Import, { hold }: Wanted): Promise<Result> {
  const { engine, actor } = given;
  const { idempotency } = hold;
  for (let attempt = 1; ; attempt++) {
    const key = attempt === 1 ? idempotency?.key : `${idempotency?.key} ${attempt}`;
    const again = idempotency && { ...idempotency, key: key ?? '' };
    const held = await engine.perform(actor.tenant.id, { ...hold, ...(again && { idempotency: again }) });
    if (held.result !== 'done' && held.result !== 'replayed') return refusalOf(held);
    const bookingId = held.result === 'done' ? held.booking.id : held.body;
    const settled = await engine.perform(actor.tenant.id, {
      ...{ verb: 'confirm', bookingId, ownedBy: null, actor: actor.principal },
    });
    if (settled.result === 'refused' || settled.result === 'stale') return refusalOf(settled);
    if (held.result === 'done' && settled.result === 'done')
      return { result: 'booked', occurrences: hold.lines.length };
    if (settled.result !== 'holdExpired') return { result: 'repeated', occurrences: 0 }; // whatever became of it since
    if (attempt === MOST_ATTEMPTS) return refusalOf(settled);
  }
}

function refusalOf(outcome: Outcome): Result {
  if (outcome.result === 'tooLate')
    return { result: 'refused', reason: 'too_late', detail: reasons.too_late };
  if (outcome.result !== 'refused')
    return {
      result: 'refused',
      reason: 'invalid_reference',
      detail: 'The room is being changed. Import the row again.',
    };
  const lines = outcome.conflicts.map(({ line }) => line);
  const [first] = outcome.conflicts;
  const many =
    lines.length > 1
      ? ` (occurrences ${lines.slice(0, 10).join(', ')}${lines.length > 10 ? ', ...' : ''})`
      : '';
  const why = first === undefined ? '' : conflictReasons[first.reason];
  return { result: 'refused', reason: first?.reason ?? 'slot_taken', detail: `${why}${many}` };
}

/** A rule that the row breaks is its fault, not the file's. */
async function orFault<T>(work: () => Promise<T>): Promise<T | RowFault> {
  try {
    return await work();
  } catch (error) {
    const [first] =
      error instanceof Problem && error.code !== 'unavailable' ? (error.details.errors ?? []) : [];
    if (first === undefined) throw error;
    return fault(first.reason, first.detail ?? (error as Problem).message);
  }
}

/** A few at a time, in order; the results in the same order. */
async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += AT_ONCE)
    results.push(...(await Promise.all(items.slice(i, i + AT_ONCE).map(work))));
  return results;
}
