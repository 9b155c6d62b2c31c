import { Type, type Static } from 'typebox';
import type { Stretch } from '../../engine/calendar.ts';
import type { Tenant } from '../../people/access.ts';
import { iso, type Instant } from '../../platform/clock.ts';
import type { Database } from '../../platform/db.ts';
import { notFound } from '../../platform/errors.ts';
import type { Uuid } from '../../platform/id.ts';
import { Id, InstantText, nullable, strict } from '../../platform/schema.ts';
import { statement } from '../../platform/statement.ts';
import { DAY_MS } from '../../platform/zone.ts';
import { roomsForSale, zoneOf } from './catalogue.ts';
import { openTimes } from './free.ts';
import { roomsById } from './queries.ts';

/** What a display beside the door shows: times only, nobody's name. */
export const Door = strict(
  {
    roomId: Id,
    name: Type.String(),
    building: Type.String(),
    timezone: Type.String(),
    state: Type.Unsafe<'free' | 'busy' | 'closed'>({ type: 'string', enum: ['free', 'busy', 'closed'] }),
    until: nullable({ ...InstantText, description: 'When that changes; null: not in the week to come' }),
    now: stretchOrNull('The booking that is under way'),
    next: stretchOrNull('The first one after it in the week to come'),
  },
  { title: 'Door' },
);
export type Door = Static<typeof Door>;

/** How far a door looks ahead, and how many bookings it looks at. */
const AHEAD_MS = 7 * DAY_MS;
const MOST_LINES = 100;

/** The bookings of room $2 that are not over at $3, in order of time. Rides interval_claim_by_end. */
const doorLines = statement('rooms.doorLines', {
  params: ['uuid', 'uuid', 'timestamptz', 'int8'],
  columns: { startsAt: 'timestamptz', endsAt: 'timestamptz' },
  text: `select (l.details->>'start')::timestamptz as "startsAt", (l.details->>'end')::timestamptz as "endsAt"
    from engine.interval_claim i
    join engine.booking_line l
      on l.tenant_id = i.tenant_id and l.booking_id = i.booking_id and l.line_no = i.line_no
    where i.tenant_id = $1 and i.resource_id = $2 and i.ends_at > '-infinity' and i.ends_at > $3
      and (i.expires_at is null or i.expires_at > now())
    order by i.ends_at limit $4`,
});

/** What the display of a room shows now. */
export async function readDoor(db: Database, tenant: Tenant, id: Uuid, now: Instant): Promise<Door> {
  const [rows, forSale, lines] = await Promise.all([
    db.read(tenant.id, roomsById, [id]),
    roomsForSale(db, tenant.id, [id], true),
    db.read(tenant.id, doorLines, id, now, MOST_LINES),
  ]);
  const [row] = rows;
  const room = forSale.get(id);
  if (row === undefined || room === undefined) throw notFound('room');
  const timezone = zoneOf(room, tenant);
  const seen = lookAt(openTimes(room, timezone, { startsAt: now, endsAt: now + AHEAD_MS }), lines, now);
  return {
    ...{ roomId: id, name: row.name, building: row.building, timezone, state: seen.state },
    until: seen.until === undefined || seen.until >= now + AHEAD_MS ? null : iso(seen.until),
    now: shown(seen.current),
    next: shown(seen.next),
  };
}

interface Seen {
  state: Door['state'];
  until: Instant | undefined;
  current: Stretch | undefined;
  next: Stretch | undefined;
}

/** `open` and `lines` in order of time. What is booked counts as busy also outside the opening hours. */
export function lookAt(open: readonly Stretch[], lines: readonly Stretch[], now: Instant): Seen {
  const current = lines.find((line) => line.startsAt <= now && now < line.endsAt);
  const next = lines.find((line) => line.startsAt > now);
  if (current !== undefined) {
    let until = current.endsAt;
    for (const line of lines) if (line.startsAt <= until && line.endsAt > until) until = line.endsAt;
    return { state: 'busy', until, current, next };
  }
  const isOpen = open.find(({ startsAt, endsAt }) => startsAt <= now && now < endsAt);
  if (isOpen === undefined) {
    const changes = [open.find(({ startsAt }) => startsAt > now)?.startsAt, next?.startsAt];
    const [until] = changes.filter((at) => at !== undefined).sort((a, b) => a - b);
    return { state: 'closed', until, current, next };
  }
  return { state: 'free', until: Math.min(isOpen.endsAt, next?.startsAt ?? Infinity), current, next };
}

function shown(stretch: Stretch | undefined) {
  return stretch === undefined ? null : { start: iso(stretch.startsAt), end: iso(stretch.endsAt) };
}

function stretchOrNull(description: string) {
  return nullable(strict({ start: InstantText, end: InstantText }, { description }));
}
