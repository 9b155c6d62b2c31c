import { lockCalendar, type Stretch } from '../../engine/calendar.ts';
import { recordChange } from '../../engine/change.ts';
import { raiseGuard } from '../../engine/guard.ts';
import { iso, type Instant } from '../../platform/clock.ts';
import type { Transaction } from '../../platform/db.ts';
import { notFound, ruleViolated } from '../../platform/errors.ts';
import { uuidV7, type Uuid } from '../../platform/id.ts';
import { parseInstant } from '../../platform/schema.ts';
import type { Row } from '../../platform/statement.ts';
import { DAY_MS } from '../../platform/zone.ts';
import * as sql from './blackout-queries.ts';
import { touchRoom } from './queries.ts';
import { roomShelf } from './room.ts';
import type { Blackout, MadeBlackout, NewBlackout } from './schema.ts';

/** They are kept with the room for selling, so there must be a bound on them. */
const MOST_UPCOMING = 500;
const LONGEST_MS = 3_660 * DAY_MS;
const MOST_AFFECTED_TOLD = 500;

export function toBlackout({
  startsAt,
  endsAt,
  createdAt,
  ...row
}: Row<typeof sql.insertBlackout.columns>): Blackout {
  return { ...row, start: iso(startsAt), end: iso(endsAt), createdAt: iso(createdAt) };
}

/**
 * Takes a room out of use for a while and tells which bookings that lies over. Under the lock of the room's time line:
 * a sale that was first is told of, and one that comes later finds the room's version raised and is refused.
 */
export async function createBlackout(
  tx: Transaction,
  actor: string,
  roomId: Uuid,
  asked: NewBlackout,
  now: Instant,
): Promise<MadeBlackout> {
  const { startsAt, endsAt } = requireSensible(asked, now);
  await roomShelf.lock(tx, roomId);
  const [upcoming] = await tx.run(sql.upcomingBlackouts, roomId);
  if ((upcoming?.blackouts ?? 0) >= MOST_UPCOMING)
    throw ruleViolated('', 'too_many_items', `A room has at most ${MOST_UPCOMING} blackouts to come.`);
  await lockCalendar(tx, roomId);
  const [made] = await tx.run(sql.insertBlackout, uuidV7(), roomId, startsAt, endsAt, asked.reason ?? null);
  if (made === undefined) throw new Error('the blackout was not written');
  const lines = await tx.run(sql.linesBetween, roomId, startsAt, endsAt, MOST_AFFECTED_TOLD);
  await moveOn(tx, roomId);
  const blackout = toBlackout(made);
  await recordChange(tx, { type: 'room.blackedOut', resourceIds: [roomId], actor, payload: blackout });
  return {
    ...blackout,
    affectedCount: lines[0]?.lines ?? 0,
    affected: lines.map(({ lines: _all, ...line }) => line),
  };
}

/** Puts the room to use again. */
export async function deleteBlackout(tx: Transaction, actor: string, roomId: Uuid, id: Uuid): Promise<void> {
  await roomShelf.lock(tx, roomId);
  const removed = await tx.run(sql.deleteBlackout, roomId, id);
  if (removed.length === 0) throw notFound('blackout');
  await moveOn(tx, roomId);
  await recordChange(tx, { type: 'room.blackoutRemoved', resourceIds: [roomId], actor, payload: { id } });
}

/** Sales that were resolved before are sent back. */
async function moveOn(tx: Transaction, roomId: Uuid): Promise<void> {
  const [room] = await tx.run(touchRoom, roomId);
  if (room !== undefined) await raiseGuard(tx, roomId, room.version);
}

function requireSensible({ start, end }: NewBlackout, now: Instant): Stretch {
  const startsAt = parseInstant(start);
  const endsAt = parseInstant(end);
  if (endsAt <= startsAt)
    throw ruleViolated('/end', 'empty_interval', 'The end must be later than the start.');
  if (endsAt <= now) throw ruleViolated('/end', 'in_past', 'The end lies in the past. Choose a later one.');
  if (endsAt - startsAt > LONGEST_MS)
    throw ruleViolated(
      '/end',
      'interval_too_long',
      'A blackout lasts at most 3 660 days. Archive the room instead.',
    );
  return { startsAt, endsAt };
}
