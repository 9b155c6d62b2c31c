import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { fill } from '../../../bench/fill.ts';
import { BoxOffice } from '../../../test/box-office.ts';

let office: BoxOffice;
before(async () => {
  office = await BoxOffice.open();
  const { database } = office.web;
  await fill(database.ownerUrl, office.tenant.id, { bookings: 20_000, rooms: 100, places: 20_000 });
});
after(() => office.close());

test('of very many bookings of an event one change tells, with their number', async () => {
  const [hall] = (await office.rows(
    `select x.event_id as id from events.event_section x join engine.stock_claim c on c.resource_id = x.id
     where x.kind = 'seated' and c.expires_at is null group by 1 having count(*) > 1000 limit 1`,
  )) as { id: string }[];
  const postponed = await office.patch(`/events/${hall?.id}`, { startsAt: '2031-01-01T18:00:00Z' });
  const cancelled = await office.post(`/events/${hall?.id}/cancel`, { reason: 'Rain' });
  assert.deepEqual([postponed.status, cancelled.status], [200, 200], cancelled.text);
  const bookings = [postponed, cancelled].map(
    ({ body }) => (body['affected'] as { bookings: number }).bookings,
  );
  assert.ok(bookings.every((count) => count > 1_000));
  const told = (await office.rows(
    `select type, booking_id, payload -> 'bookings' as bookings from engine.change
     where '${hall?.id}' = any (resource_ids) and type like 'booking.event%' order by seq`,
  )) as object[];
  assert.deepEqual(told, [
    { type: 'booking.eventPostponed', booking_id: null, bookings: bookings[0] },
    { type: 'booking.eventCancelled', booking_id: null, bookings: bookings[1] },
  ]);
});
