import { statement } from '../../platform/statement.ts';

/** A seat that has another mark already gets this one. */
export const markSeats = statement('events.markSeats', {
  params: ['uuid', 'uuid', 'uuid[]', 'text'],
  columns: {},
  text: `insert into events.seat_mark as m (tenant_id, event_id, seat_id, mark, marked_at)
    select $1, $2, n.seat_id, $4, now() from unnest($3::uuid[]) as n (seat_id)
    on conflict (tenant_id, event_id, seat_id) do update set mark = excluded.mark, marked_at = excluded.marked_at`,
});

export const unmarkSeats = statement('events.unmarkSeats', {
  params: ['uuid', 'uuid', 'uuid[]'],
  columns: {},
  text: `delete from events.seat_mark m
    where m.tenant_id = $1 and m.event_id = $2 and m.seat_id = any ($3::uuid[])`,
});
