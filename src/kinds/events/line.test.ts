import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { admission, BoxOffice, faults, seatLine } from '../../../test/box-office.ts';
import type { OnSale } from '../../../test/box-office.ts';
import type { Database } from '../../platform/db.ts';
import { events } from './index.ts';

let office: BoxOffice;
before(async () => {
  office = await BoxOffice.open();
});
after(() => office.close());

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
const twoPrices = [
  { section: 'Floor', amountMinor: 1_500 },
  { section: 'Stalls', amountMinor: 4_000 },
];

test('seats and places are held, priced, confirmed and given back', async () => {
  const event = await office.event({ prices: twoPrices });
  const [first, second] = await office.seats(event);
  const held = await office.hold(seatLine(event, second, first), admission(event, 'Floor', 3));
  assert.equal(held.status, 201, held.text);
  assert.deepEqual(held.body['lines'], [
    {
      ...{ no: 1, kind: 'seat', eventId: event.id, seatIds: [second, first], quantity: 2 },
      ...{ unitPriceMinor: 4_000, discountMinor: 0, totalMinor: 8_000, checkedInAt: null, cancelledAt: null },
    },
    {
      ...{ no: 2, kind: 'admission', eventId: event.id, sectionId: event.section('Floor'), quantity: 3 },
      ...{ unitPriceMinor: 1_500, discountMinor: 0, totalMinor: 4_500, checkedInAt: null, cancelledAt: null },
    },
  ]);
  assert.deepEqual([held.body['totalMinor'], held.body['currency']], [12_500, 'EUR']);
  assert.deepEqual(await office.available(event), { Floor: 47, Stalls: 18 });
  const booking = `/bookings/${String(held.body['id'])}`;
  assert.equal((await office.post(`${booking}/confirm`)).status, 200);
  await office.patch(`/events/${event.id}`, { prices: [{ section: 'Floor', amountMinor: 9_999 }] });
  assert.equal((await office.get(booking)).body['totalMinor'], 12_500, 'the price is that of the sale');
  await office.post(`${booking}/cancel`, { lines: [1] });
  assert.deepEqual(await office.available(event), { Floor: 47, Stalls: 20 });
});

test('a taken seat is refused by name, with free seats beside it, and nothing else of the request is taken', async () => {
  const event = await office.event();
  const seats = await office.seats(event);
  await office.hold(seatLine(event, seats[4], seats[5]));
  const refused = await office.hold(admission(event, 'Floor', 2), seatLine(event, seats[5], seats[6]));
  assert.deepEqual(
    [refused.status, refused.body.code, refused.body['conflicts']],
    [409, 'capacity_unavailable', [{ line: 2, resource: seats[5], reason: 'sold_out', available: 0 }]],
  );
  assert.deepEqual(refused.body['alternatives'], [
    seatLine(event, seats[6], seats[7]),
    seatLine(event, seats[15], seats[16]),
  ]);
  assert.deepEqual(await office.available(event), { Floor: 50, Stalls: 18 });
  assert.equal((await office.hold(seatLine(event, seats[6], seats[7]))).status, 201);
});

test('a full section is refused with what is left of it and with sections that have enough', async () => {
  const venueId = await office.venue([
    { name: 'Front', kind: 'standing', capacity: 5 },
    { name: 'Small', kind: 'standing', capacity: 2 },
    { name: 'Cheap', kind: 'standing', capacity: 10 },
    { name: 'Back', kind: 'standing', capacity: 10 },
  ]);
  const prices = ['Front 5000', 'Small 5000', 'Cheap 1000', 'Back 4000'].map((text) => {
    const [section = '', amount] = text.split(' ');
    return { section, amountMinor: Number(amount) };
  });
  const event = await office.event({ venueId, prices });
  await office.hold(admission(event, 'Front', 3));
  const refused = await office.hold(admission(event, 'Front', 3));
  const resource = event.section('Front');
  assert.deepEqual(
    [refused.status, refused.body['conflicts']],
    [409, [{ line: 1, resource, reason: 'sold_out', available: 2 }]],
  );
  assert.deepEqual(refused.body['alternatives'], [admission(event, 'Back', 3), admission(event, 'Cheap', 3)]);
});

test('lines of one section that fit singly but not together are refused together', async () => {
  const event = await office.event();
  const refused = await office.hold(admission(event, 'Floor', 30), admission(event, 'Floor', 30));
  const resource = event.section('Floor');
  assert.deepEqual(
    [refused.status, refused.body['conflicts']],
    [409, [{ line: 2, resource, reason: 'sold_out', available: 20 }]],
  );
  assert.deepEqual(await office.available(event), { Floor: 50, Stalls: 20 });
});

test('a room, a seat and places are held together or not at all', async () => {
  const event = await office.event();
  const [seat] = await office.seats(event);
  const room = await office.post('/rooms', { name: 'Green room', building: 'Hall', capacity: 4 });
  const line = (hour: number) => ({
    ...{ kind: 'room', roomId: room.body['id'] },
    ...{ start: `2030-05-06T${hour}:00:00Z`, end: `2030-05-06T${hour + 1}:00:00Z` },
  });
  assert.equal((await office.hold(line(10))).status, 201);
  const refused = await office.hold(seatLine(event, seat), admission(event, 'Floor', 2), line(10));
  assert.equal(refused.status, 409);
  assert.deepEqual(await office.available(event), { Floor: 50, Stalls: 20 });
  const held = await office.hold(seatLine(event, seat), admission(event, 'Floor', 2), line(12));
  assert.equal(held.status, 201, held.text);
  assert.deepEqual(await office.available(event), { Floor: 48, Stalls: 19 });
});

test('a seat is swapped and places are changed by rescheduling: the new is taken, the old given back', async () => {
  const event = await office.event();
  const seats = await office.seats(event);
  const held = await office.hold(seatLine(event, seats[0]), admission(event, 'Floor', 40));
  const path = `/bookings/${String(held.body['id'])}/reschedule`;
  const moved = await office.post(path, {
    lines: [
      { no: 1, seatIds: [seats[1]] },
      { no: 2, quantity: 50 },
    ],
  });
  assert.equal(moved.status, 200, moved.text);
  assert.equal(moved.body['totalMinor'], 51_000);
  const states = (await office.inventory(event)).seats.slice(0, 2).map(({ state }) => state);
  assert.deepEqual([states, await office.available(event)], [['free', 'held'], { Floor: 0, Stalls: 19 }]);
});

test('once an event was sold, its lines are resolved without the database', async () => {
  const event = await office.event();
  const [seat = ''] = await office.seats(event);
  const lines = [seatLine(event, seat), admission(event, 'Floor', 2)];
  await office.hold(...lines);
  const away = new Proxy({} as Database, {
    get: () => assert.fail('the database was asked'),
  });
  const context = {
    db: away,
    tenant: office.tenant,
    client: 'somebody',
    now: Date.now(),
    role: 'client' as const,
    others: [],
    fresh: false,
  };
  const asked = lines.map((line, i) => ({ no: i + 1, line }));
  const resolved = await events.resolve(context, asked);
  assert.deepEqual([...resolved.guards], [[event.id, event.version]]);
  assert.deepEqual(
    resolved.lines.flatMap(({ units }) => units.map((need) => [need.resourceId, need.units])),
    [
      [event.section('Stalls'), 1],
      [seat, 1],
      [event.section('Floor'), 2],
    ],
  );
});

test('the time of a hold is the shortest of its events, and asking gets no more', async () => {
  const short = await office.event({ holdTtlSeconds: 120 });
  const long = await office.event({ holdTtlSeconds: 1_800 });
  const plain = await office.event();
  const seconds = async (ttlSeconds: number | undefined, ...events: OnSale[]) => {
    const lines = events.map((event) => admission(event, 'Floor', 1));
    const { body } = await office.post('/holds', { lines, ttlSeconds });
    return (Date.parse(String(body['expiresAt'])) - Date.parse(String(body['createdAt']))) / 1_000;
  };
  assert.deepEqual(
    [
      [await seconds(undefined, plain), await seconds(900, plain)],
      [await seconds(undefined, short), await seconds(60, short), await seconds(900, short)],
      [await seconds(undefined, long), await seconds(undefined, long, short)],
    ],
    [
      [600, 900],
      [120, 60, 120],
      [1_800, 120],
    ],
  );
});

test('more than an order may have is refused with the limit, over all of its lines', async () => {
  const event = await office.event({ maxPerOrder: 4 });
  const seats = await office.seats(event);
  const refused = await office.hold(admission(event, 'Floor', 3), seatLine(event, seats[0], seats[1]));
  assert.deepEqual([refused.status, faults(refused)], [422, ['/lines/1/seatIds over_limit']]);
  assert.match(refused.body.detail, /at most 4 places/);
  assert.equal((await office.hold(admission(event, 'Floor', 3), seatLine(event, seats[0]))).status, 201);
});

test('moving lines of an order does not get it past what one order may have', async () => {
  const event = await office.event({ maxPerOrder: 4 });
  const { body } = await office.hold(admission(event, 'Floor', 2), admission(event, 'Floor', 1));
  const move = (quantity: number) =>
    office.post(`/bookings/${String(body['id'])}/reschedule`, { lines: [{ no: 2, quantity }] });
  const refused = await move(3);
  assert.deepEqual([refused.status, faults(refused)], [422, ['/lines/0/quantity over_limit']]);
  assert.equal((await move(2)).status, 200);
});

test('what a client may have is counted over orders and events apart, and comes back with what it gives back', async () => {
  const event = await office.event({ maxPerClient: 3 });
  const buy = (by: 'client' | 'other', quantity: number, of = event) =>
    office.ask('POST', '/holds', { by, body: { lines: [admission(of, 'Floor', quantity)] } });
  const first = await buy('client', 2);
  assert.equal(first.status, 201, first.text);
  const refused = await buy('client', 2);
  const [conflict] = refused.body['conflicts'] as { reason: string; available: number }[];
  assert.deepEqual(
    [refused.status, conflict?.reason, conflict?.available, refused.body['alternatives']],
    [409, 'limit_reached', 1, []],
  );
  assert.equal((await buy('other', 3)).status, 201);
  assert.equal((await buy('client', 3, await office.event({ maxPerClient: 3 }))).status, 201);
  await office.ask('POST', `/bookings/${String(first.body['id'])}/cancel`, { by: 'client', body: {} });
  assert.equal((await buy('client', 3)).status, 201);
  const many = await Promise.all(Array.from({ length: 20 }, () => buy('client', 1)));
  assert.deepEqual(
    many.map(({ status }) => status),
    Array(20).fill(409),
  );
});

const closed: readonly [string, () => Promise<OnSale>, string][] = [
  ['before it is published', () => office.draft(), 'not_on_sale'],
  ['before the sale opens', () => office.event({ saleFrom: inHours(1) }), 'sale_not_open'],
  ['after the sale', () => office.event({ saleTo: inHours(-1) }), 'sale_closed'],
  ['after the start', () => office.event({ startsAt: inHours(-1), endsAt: inHours(1) }), 'sale_closed'],
  ['while it is paused', () => movedEvent('pause'), 'sale_paused'],
  ['when it was cancelled', () => movedEvent('cancel'), 'event_cancelled'],
];

async function movedEvent(verb: string): Promise<OnSale> {
  const event = await office.event();
  const [seat] = await office.seats(event);
  assert.equal(
    (await office.hold(seatLine(event, seat))).status,
    201,
    'it was sold, so it is kept in the cache',
  );
  assert.equal((await office.post(`/events/${event.id}/${verb}`)).status, 200);
  return event;
}

for (const [when, make, reason] of closed)
  test(`nothing is sold ${when}`, async () => {
    const event = await make();
    const before = await office.available(event);
    const other = await office.event();
    const last = (await office.seats(event)).at(-1);
    const refused = await office.hold(admission(other, 'Floor', 1), seatLine(event, last));
    assert.deepEqual(
      [refused.status, refused.body.code, faults(refused)],
      [422, 'rule_violated', [`/lines/1/eventId ${reason}`]],
    );
    assert.deepEqual([await office.available(event), (await office.available(other))['Floor']], [before, 50]);
  });

test('what stood in the way of a sale is never told from memory: once it is gone, the next request is served', async () => {
  const event = await office.draft({ saleFrom: inHours(1), maxPerOrder: 1 });
  const path = `/events/${event.id}`;
  const buy = async () => {
    const answer = await office.hold(admission(event, 'Floor', 2));
    return answer.status === 201 ? 'sold' : faults(answer)[0];
  };
  const told = [await buy()];
  for (const change of [
    () => office.post(`${path}/publish`),
    () => office.patch(path, { saleFrom: null }),
    () => office.patch(path, { maxPerOrder: 2 }),
    () => office.post(`${path}/pause`),
    () => office.post(`${path}/resume`),
  ]) {
    assert.equal((await change()).status, 200);
    told.push(await buy());
  }
  assert.deepEqual(told, [
    '/lines/0/eventId not_on_sale',
    '/lines/0/eventId sale_not_open',
    '/lines/0/quantity over_limit',
    'sold',
    '/lines/0/eventId sale_paused',
    'sold',
  ]);
});

test('the sale goes on after the start where it is told to', async () => {
  const event = await office.event({ startsAt: inHours(-1), endsAt: inHours(1), saleTo: inHours(2) });
  assert.equal((await office.hold(admission(event, 'Floor', 1))).status, 201);
});

test('seats of different prices are no one line', async () => {
  const rows = [{ name: 'A', seats: 1 }];
  const venueId = await office.venue([
    { name: 'Dear', kind: 'seated', rows },
    { name: 'Cheap', kind: 'seated', rows },
    { name: 'Same', kind: 'seated', rows },
  ]);
  const prices = [
    { section: 'Dear', amountMinor: 900 },
    { section: 'Cheap', amountMinor: 100 },
    { section: 'Same', amountMinor: 100 },
  ];
  const event = await office.event({ venueId, prices });
  const [dear, cheap, same] = await office.seats(event);
  const refused = await office.hold(seatLine(event, dear, cheap));
  assert.deepEqual([refused.status, faults(refused)], [422, ['/lines/0/seatIds mixed_prices']]);
  assert.equal(
    (await office.hold(seatLine(event, dear), seatLine(event, cheap, same))).body['totalMinor'],
    1_100,
  );
});

test('every promise of the doctor holds after all of this', async () => {
  assert.deepEqual(await office.broken(), []);
});
