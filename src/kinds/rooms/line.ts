import type { HoldLine } from '../../engine/index.ts';
import type { Instant } from '../../platform/clock.ts';
import { Problem, ruleViolated } from '../../platform/errors.ts';
import { parseInstant } from '../../platform/schema.ts';
import type { AskedLine, ResolveContext, Resolved } from '../kind.ts';
import { roomsForSale } from './catalogue.ts';
import type { Room, RoomLine } from './schema.ts';

/** Clocks differ a little and people press the button late: a start up to a minute ago is still now. */
const PAST_GRACE_MS = 60_000;
const LONGEST_MS = 366 * 86_400_000;

/** A room line needs its stretch of the room's calendar. Rooms have no price yet. */
export async function resolveRoomLines(
  { db, tenant, now, fresh }: ResolveContext,
  asked: readonly AskedLine<RoomLine>[],
): Promise<Resolved> {
  const rooms = await roomsForSale(
    db,
    tenant.id,
    asked.map(({ line }) => line.roomId),
    fresh,
  );
  const lines = asked.map((each) => resolveLine(each, rooms.get(each.line.roomId), now));
  return { lines, guards: new Map([...rooms.values()].map((room) => [room.id, room.version])) };
}

function resolveLine({ no, line }: AskedLine<RoomLine>, room: Room | undefined, now: Instant): HoldLine {
  const at = (field: string) => `/lines/${no - 1}/${field}`;
  if (room === undefined)
    throw new Problem('not_found', 'There is no such room.', {
      errors: [{ pointer: at('roomId'), reason: 'invalid_reference' }],
    });
  if (room.archived)
    throw ruleViolated(at('roomId'), 'archived', 'This room is no longer booked. Choose another room.');
  const startsAt = parseInstant(line.start);
  const endsAt = parseInstant(line.end);
  if (endsAt <= startsAt)
    throw ruleViolated(at('end'), 'empty_interval', 'The end must be later than the start.');
  if (endsAt - startsAt > LONGEST_MS)
    throw ruleViolated(
      at('end'),
      'interval_too_long',
      'A room can be booked for at most 366 days at a time.',
    );
  if (startsAt < now - PAST_GRACE_MS)
    throw ruleViolated(at('start'), 'in_past', 'The start lies in the past. Choose a later one.');
  return {
    no,
    kind: line.kind,
    details: { roomId: line.roomId, start: line.start, end: line.end },
    quantity: 1,
    unitMinor: 0,
    taxMinor: 0,
    totalMinor: 0,
    intervals: [{ resourceId: line.roomId, startsAt, endsAt }],
    units: [],
  };
}
