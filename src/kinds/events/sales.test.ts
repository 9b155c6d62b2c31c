import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { admission, BoxOffice, seatLine } from '../../../test/box-office.ts';
import { asOwner } from '../../platform/migrate.ts';

let office: BoxOffice;
before(async () => (office = await BoxOffice.open()));
after(() => office.close());

test('an organiser sees what is sold, held, free and killed, what it earns, and when it was booked', async () => {
  const venueId = await office.venue();
  await office.patch(`/venues/${venueId}`, { timezone: 'Asia/Kathmandu' });
  const event = await office.event({
    venueId,
    prices: [
      { section: 'Floor', amountMinor: 1_500, category: 'Standing' },
      { section: 'Stalls', amountMinor: 4_000 },
    ],
    groups: [{ name: 'Terrace', capacity: 10 }],
    tiers: [
      { name: 'Adult', amountMinor: 2_000, group: 'Terrace' },
      { name: 'Child', amountMinor: 500, group: 'Terrace', capacity: 4 },
      { name: 'Early', amountMinor: 100 },
    ],
  });
  const seats = await office.seats(event);
  const buy = async (...lines: object[]) => String((await office.sold(lines)).body['id']);
  const early = await buy(admission(event, 'Floor', 3), seatLine(event, seats[0], seats[1]));
  const late = await buy(admission(event, 'Floor', 1));
  const child = { ...admission(event, 'Floor', 2), tier: 'Child' };
  const family = await buy(child, { ...admission(event, 'Floor', 1), tier: 'Adult' });
  await office.post(`/bookings/${await buy(child)}/cancel`);
  await office.hold({ ...admission(event, 'Floor', 1), tier: 'Child' });
  await office.post(`/bookings/${await buy(seatLine(event, seats[5]))}/cancel`);
  await office.hold(admission(event, 'Floor', 4), seatLine(event, seats[7]));
  await office.post(`/events/${event.id}/seats/kill`, { seatIds: [seats[9]], reason: 'Camera' });
  await office.post(`/events/${event.id}/seats/house`, { seatIds: [seats[10], seats[11]], reason: 'Guests' });
  // 18:20 UTC is five past midnight of the next day in Kathmandu.
  await asOwner(office.web.database.ownerUrl, async (client) => {
    await client.query(`update engine.booking set created_at = '2029-03-01T18:10:00Z' where id = $1`, [
      early,
    ]);
    await client.query(`update engine.booking set created_at = '2029-03-01T18:20:00Z' where id = any ($1)`, [
      [late, family],
    ]);
  });

  const { status, body, text } = await office.get(`/events/${event.id}/sales`);
  assert.equal(status, 200, text);
  const floor = { capacity: 50, sold: 7, held: 5, free: 38, killed: 0, house: 0, revenueMinor: 9_000 };
  const stalls = { capacity: 20, sold: 2, held: 1, free: 14, killed: 1, house: 2, revenueMinor: 8_000 };
  assert.deepEqual(body, {
    eventId: event.id,
    ...{ capacity: 70, sold: 9, held: 6, free: 52, killed: 1, house: 2, revenueMinor: 17_000 },
    sections: [
      { id: event.section('Floor'), name: 'Floor', category: 'Standing', ...floor },
      { id: event.section('Stalls'), name: 'Stalls', category: null, ...stalls },
    ],
    categories: [{ category: 'Standing', ...floor }],
    tiers: [
      { name: 'Adult', group: 'Terrace', capacity: null, sold: 1, held: 0, free: null, revenueMinor: 2_000 },
      { name: 'Child', group: 'Terrace', capacity: 4, sold: 2, held: 1, free: 1, revenueMinor: 1_000 },
      { name: 'Early', group: null, capacity: null, sold: 0, held: 0, free: null, revenueMinor: 0 },
    ],
    groups: [{ name: 'Terrace', capacity: 10, sold: 3, held: 1, free: 6, revenueMinor: 3_000 }],
    curve: [
      { from: '2029-03-01T00:00', places: 5, revenueMinor: 12_500 },
      { from: '2029-03-02T00:00', places: 4, revenueMinor: 4_500 },
    ],
  });
  const hourly = await office.get(`/events/${event.id}/sales?by=hour`);
  assert.deepEqual(
    (hourly.body['curve'] as { from: string }[]).map(({ from }) => from),
    ['2029-03-01T23:00', '2029-03-02T00:00'],
  );
});

test('the sales of an event are for the staff of its company', async () => {
  const path = `/events/${(await office.event()).id}/sales`;
  assert.equal((await office.ask('GET', path, { by: 'client' })).body.code, 'forbidden');
  assert.equal((await (await office.neighbour()).get(path)).body.code, 'not_found');
  assert.equal((await office.get(`${path}?by=minute`)).body.code, 'rule_violated');
});
