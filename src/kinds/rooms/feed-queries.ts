import { statement } from '../../platform/statement.ts';

/** One row for each room: a new token takes the place of the one before. */
export const putFeed = statement('rooms.putFeed', {
  params: ['uuid', 'uuid', 'bytea'],
  columns: {},
  text: `insert into rooms.feed as f (tenant_id, room_id, token_hash, created_at) values ($1, $2, $3, now())
    on conflict (tenant_id, room_id) do update set token_hash = excluded.token_hash, created_at = excluded.created_at`,
});

export const deleteFeed = statement('rooms.deleteFeed', {
  params: ['uuid', 'uuid'],
  columns: { roomId: 'uuid' },
  text: `delete from rooms.feed f where f.tenant_id = $1 and f.room_id = $2 returning f.room_id as "roomId"`,
});

/** The room, and the hash of its calendar's token where it has one. */
export const feedOf = statement('rooms.feedOf', {
  params: ['uuid', 'uuid'],
  columns: { name: 'text', building: 'text', tokenHash: 'bytea?' },
  text: `select r.name, b.name as building, f.token_hash as "tokenHash"
    from rooms.room r
    join rooms.building b on b.tenant_id = r.tenant_id and b.id = r.building_id
    left join rooms.feed f on f.tenant_id = r.tenant_id and f.room_id = r.id
    where r.tenant_id = $1 and r.id = $2`,
});

const eventColumns = {
  bookingId: 'uuid',
  line: 'int4',
  startsAt: 'timestamptz',
  endsAt: 'timestamptz',
  reference: 'text',
  state: 'text',
  note: 'text?',
  version: 'int4',
  createdAt: 'timestamptz',
} as const;

const ofBooking = `k.reference, k.state, k.note, k.version, k.created_at as "createdAt"`;

/** Settled and requested lines of room $2 that end between $3 and $4, at most $5, with their own times. Rides interval_claim_by_end. */
export const feedLines = statement('rooms.feedLines', {
  params: ['uuid', 'uuid', 'timestamptz', 'timestamptz', 'int8'],
  columns: eventColumns,
  text: `select i.booking_id as "bookingId", i.line_no as line, (l.details->>'start')::timestamptz as "startsAt",
      (l.details->>'end')::timestamptz as "endsAt", ${ofBooking}
    from engine.interval_claim i
    join engine.booking k on k.tenant_id = i.tenant_id and k.id = i.booking_id
    join engine.booking_line l
      on l.tenant_id = i.tenant_id and l.booking_id = i.booking_id and l.line_no = i.line_no
    where i.tenant_id = $1 and i.resource_id = $2 and i.ends_at > '-infinity' and i.ends_at > $3 and i.ends_at <= $4
      and (i.expires_at is null or (k.state = 'requested' and i.expires_at > now()))
    order by i.ends_at limit $5`,
});

/** What the room's calendar has shown of what ends after $3, as it was shown. Rides the primary key. */
export const shownLines = statement('rooms.shownLines', {
  params: ['uuid', 'uuid', 'timestamptz'],
  columns: eventColumns,
  text: `select s.booking_id as "bookingId", s.line_no as line, s.starts_at as "startsAt", s.ends_at as "endsAt", ${ofBooking}
    from rooms.feed_shown s
    join engine.booking k on k.tenant_id = s.tenant_id and k.id = s.booking_id
    where s.tenant_id = $1 and s.room_id = $2 and s.ends_at > $3`,
});

export const rememberShown = statement('rooms.rememberShown', {
  params: ['uuid', 'uuid', 'uuid[]', 'int4[]', 'timestamptz[]', 'timestamptz[]'],
  columns: {},
  text: `insert into rooms.feed_shown as s (tenant_id, room_id, booking_id, line_no, starts_at, ends_at)
    select f.tenant_id, f.room_id, u.* from rooms.feed f
    cross join unnest($3::uuid[], $4::int4[], $5::timestamptz[], $6::timestamptz[]) as u
    where f.tenant_id = $1 and f.room_id = $2
    on conflict (tenant_id, room_id, booking_id, line_no)
      do update set starts_at = excluded.starts_at, ends_at = excluded.ends_at`,
});

/** Drops what ended before $3: no calendar that is read at all still waits to hear of it. */
export const forgetShown = statement('rooms.forgetShown', {
  params: ['uuid', 'uuid', 'timestamptz'],
  columns: {},
  text: `delete from rooms.feed_shown s where s.tenant_id = $1 and s.room_id = $2 and s.ends_at <= $3`,
});
