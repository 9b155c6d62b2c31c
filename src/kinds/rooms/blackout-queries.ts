import { list } from '../../platform/list.ts';
import { statement } from '../../platform/statement.ts';

const blackoutColumns = {
  id: 'uuid',
  roomId: 'uuid',
  startsAt: 'timestamptz',
  endsAt: 'timestamptz',
  reason: 'text?',
  createdAt: 'timestamptz',
} as const;

const blackoutSelect = `b.id, b.room_id as "roomId", b.starts_at as "startsAt", b.ends_at as "endsAt", b.reason,
  b.created_at as "createdAt"`;

/** Of the room $2, those that end after $3. Rides blackout_by_start. */
export const blackoutList = list('rooms.blackoutList', {
  filters: ['uuid', 'timestamptz'],
  columns: blackoutColumns,
  select: blackoutSelect,
  from: `rooms.blackout b where b.tenant_id = $1 and b.room_id = $2 and ($3::timestamptz is null or b.ends_at > $3)`,
  id: 'b.id',
  sorts: { start: { by: 'b.starts_at', type: 'timestamptz' } },
  defaultSort: 'start',
});

/** Rides blackout_by_start. */
export const upcomingBlackouts = statement('rooms.upcomingBlackouts', {
  params: ['uuid', 'uuid'],
  columns: { blackouts: 'int8' },
  text: `select count(*) as blackouts from rooms.blackout b
    where b.tenant_id = $1 and b.room_id = $2 and b.ends_at > now()`,
});

export const insertBlackout = statement('rooms.insertBlackout', {
  params: ['uuid', 'uuid', 'uuid', 'timestamptz', 'timestamptz', 'text'],
  columns: blackoutColumns,
  text: `insert into rooms.blackout as b (tenant_id, id, room_id, starts_at, ends_at, reason, created_at)
    values ($1, $2, $3, $4, $5, $6, now()) returning ${blackoutSelect}`,
});

export const deleteBlackout = statement('rooms.deleteBlackout', {
  params: ['uuid', 'uuid', 'uuid'],
  columns: { id: 'uuid' },
  text: `delete from rooms.blackout b where b.tenant_id = $1 and b.room_id = $2 and b.id = $3 returning b.id`,
});

/**
 * The lines whose own time, without buffers, $3 to $4 lies over, the first $5 of them, and how many there are; those of
 * competing requests too, since approving one would take the room after all. No claim is longer than 368 days with its
 * buffers, which bounds the search. Rides interval_claim_by_end and wish_by_calendar.
 */
export const linesBetween = statement('rooms.linesBetween', {
  params: ['uuid', 'uuid', 'timestamptz', 'timestamptz', 'int8'],
  columns: {
    bookingId: 'uuid',
    reference: 'text',
    state: 'text',
    line: 'int4',
    start: 'text',
    end: 'text',
    lines: 'int8',
  },
  text: `select i.booking_id as "bookingId", k.reference, k.state, i.line_no as line,
      l.details ->> 'start' as start, l.details ->> 'end' as end, count(*) over () as lines
    from (
      select c.booking_id, c.line_no, c.ends_at, c.expires_at from engine.interval_claim c
      where c.tenant_id = $1 and c.resource_id = $2 and c.ends_at > '-infinity'
        and c.ends_at > $3 and c.ends_at <= $4::timestamptz + interval '368 days' and c.starts_at < $4
      union all
      select w.booking_id, w.line_no, w.ends_at, null from engine.wish w
      where w.tenant_id = $1 and w.calendar_id = $2 and w.ends_at > '-infinity' and w.ends_at > $3 and w.starts_at < $4
    ) i
    join engine.booking k on k.tenant_id = $1 and k.id = i.booking_id
    join engine.booking_line l on l.tenant_id = $1 and l.booking_id = i.booking_id and l.line_no = i.line_no
    where coalesce(i.expires_at, k.expires_at, 'infinity') > statement_timestamp()
      and (l.details ->> 'start')::timestamptz < $4 and (l.details ->> 'end')::timestamptz > $3
    order by i.ends_at limit $5`,
});
