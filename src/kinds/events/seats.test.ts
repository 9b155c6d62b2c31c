import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BoxOffice, faults, seatLine, type Answer, type OnSale } from '../../../test/box-office.ts';

let office: BoxOffice;
before(async () => (office = await BoxOffice.open()));
after(() => office.close());

const row = (name: string, seats: number, accessible?: number[]) => ({
  name,
  seats,
  ...(accessible && { accessible }),
});
const seated = (name: string, ...rows: object[]) => ({ name, kind: 'seated', rows });
const best = (event: { id: string }, quantity: number, more: object = {}) => {
  return { kind: 'bestSeats', eventId: event.id, quantity, ...more };
};
const lineOf = ({ body }: Answer) => (body['lines'] as Record<string, unknown>[])[0];
const conflictsOf = ({ body }: Answer) =>
  (body['conflicts'] as { line: number; resource: string; reason: string }[]).map(
    ({ line, resource, reason }) => ({
      ...{ line, resource, reason },
    }),
  );
const mark = (event: OnSale, verb: string, ...seatIds: (string | undefined)[]) =>
  office.post(`/events/${event.id}/seats/${verb}`, { seatIds, reason: 'Camera' });

async function hall(sections: readonly object[], given: Record<string, unknown> = {}) {
  const event = await office.event({ venueId: await office.venue(sections), ...given });
  return { event, seats: await office.seats(event) };
}

async function venueOf(event: OnSale): Promise<string> {
  return String((await office.get(`/events/${event.id}`)).body['venueId']);
}

test('the best seats are chosen, priced, and become a line like one that names them', async () => {
  const { event, seats } = await hall([seated('Stalls', row('A', 6), row('B', 6))]);
  const held = await office.hold(best(event, 2));
  assert.equal(held.status, 201, held.text);
  assert.deepEqual(lineOf(held), {
    ...{ no: 1, kind: 'seat', eventId: event.id, seatIds: [seats[2], seats[3]], quantity: 2 },
    ...{ unitPriceMinor: 1_000, discountMinor: 0, totalMinor: 2_000, checkedInAt: null, cancelledAt: null },
  });
  const moved = await office.post(`/bookings/${String(held.body['id'])}/reschedule`, {
    lines: [{ no: 1, seatIds: [seats[0], seats[1]] }],
  });
  assert.equal(moved.status, 200, moved.text);
  assert.deepEqual(await office.available(event), { Stalls: 10 });
});

test('a preview says which seats they would be, and takes none', async () => {
  const { event, seats } = await hall([seated('Stalls', row('A', 4))]);
  const { body } = await office.post('/holds/preview', { lines: [best(event, 2), best(event, 3)] });
  const [first, second] = body['lines'] as { free: boolean; seatIds?: string[] }[];
  assert.deepEqual([first?.free, first?.seatIds, second?.free], [true, [seats[0], seats[1]], false]);
  assert.deepEqual(await office.available(event), { Stalls: 4 });
});

test('the seats of an expired hold are the best again, with nobody having tidied up', async () => {
  const { event, seats } = await hall([seated('Stalls', row('A', 2))]);
  const held = await office.post('/holds', { lines: [best(event, 2)], ttlSeconds: 1 });
  assert.equal(held.status, 201);
  while ((await office.available(event))['Stalls'] !== 2);
  assert.deepEqual(lineOf(await office.hold(best(event, 2)))?.['seatIds'], seats);
});

test('when no row has all side by side it is refused with seats that would do, and split where that is asked for', async () => {
  const { event, seats } = await hall([seated('Stalls', row('A', 3), row('B', 2))]);
  const refused = await office.hold(best(event, 4));
  const [resource] = [event.section('Stalls')];
  assert.deepEqual(
    [refused.status, conflictsOf(refused)],
    [409, [{ line: 1, resource, reason: 'nothing_fits' }]],
  );
  const split = [seats[0], seats[1], seats[3], seats[4]];
  assert.deepEqual(refused.body['alternatives'], [seatLine(event, ...split)]);
  assert.deepEqual(lineOf(await office.hold(best(event, 4, { split: true })))?.['seatIds'], split);
});

test('seats for those who need them are kept for whoever asks', async () => {
  const { event, seats } = await hall([seated('Stalls', row('A', 4, [2, 3]))]);
  assert.equal((await office.hold(best(event, 2))).status, 409);
  assert.deepEqual(lineOf(await office.hold(best(event, 2, { accessible: true })))?.['seatIds'], [
    seats[0],
    seats[1],
  ]);
  const shown = (await office.inventory(event)).seats as { accessible?: boolean }[];
  assert.deepEqual(
    shown.map(({ accessible }) => accessible),
    [undefined, true, true, undefined],
  );
});

test('nobody sits together across an aisle: not the best seats, not those offered instead, and the orphan rule knows it', async () => {
  const rows = [{ ...row('A', 7), aisles: [3] }];
  const { event, seats } = await hall([seated('Stalls', ...rows)], { orphanRule: 'on' });
  const asked = await office.hold(best(event, 5));
  assert.deepEqual([asked.status, conflictsOf(asked)[0]?.reason], [409, 'nothing_fits']);
  const refused = await office.hold(seatLine(event, seats[0], seats[1]));
  assert.deepEqual(conflictsOf(refused), [{ line: 1, resource: seats[2], reason: 'strands_seat' }]);
  assert.deepEqual(refused.body['alternatives'], [seatLine(event, seats[3], seats[4])]);
  assert.deepEqual(lineOf(await office.hold(best(event, 3)))?.['seatIds'], [seats[0], seats[1], seats[2]]);
  await office.patch(`/venues/${await venueOf(event)}`, { sections: [seated('Stalls', row('A', 7))] });
  const left = await office.hold(seatLine(event, seats[4], seats[5]));
  assert.deepEqual(
    conflictsOf(left).map(({ resource }) => resource),
    [seats[3], seats[6]],
    'as the hall was when the event was made',
  );
});

test('the sections of a category are one choice at one price, and lines of an order never choose the same seat', async () => {
  const sections = [
    seated('Left', row('A', 2)),
    seated('Right', row('A', 3)),
    seated('Balcony', row('A', 9)),
  ];
  const prices = ['Left', 'Right', 'Balcony'].map((section) => {
    const isBalcony = section === 'Balcony';
    return { section, amountMinor: isBalcony ? 500 : 900, category: isBalcony ? 'Second' : 'First' };
  });
  const { event, seats } = await hall(sections, { prices });
  const line = best(event, 2, { category: 'First' });
  const held = await office.hold(seatLine(event, seats[0]), line);
  assert.deepEqual((held.body['lines'] as { seatIds: string[] }[])[1]?.seatIds, [seats[2], seats[3]]);
  assert.equal(held.body['totalMinor'], 2_700);
  const other = await office.hold(best(event, 1));
  assert.deepEqual([other.status, faults(other)], [422, ['/lines/0/eventId mixed_prices']]);
  const dearer = await office.patch(`/events/${event.id}`, {
    prices: [{ section: 'Left', amountMinor: 901 }],
  });
  assert.deepEqual([dearer.status, faults(dearer)], [422, ['/prices mixed_prices']]);
});

test('of 60 who ask for the best pair of 40 seats at once, 20 get one and no seat is in two', async () => {
  const { event } = await hall([seated('Stalls', ...['A', 'B', 'C', 'D'].map((name) => row(name, 10)))], {
    orphanRule: 'on',
  });
  const answers = await Promise.all(Array.from({ length: 60 }, () => office.hold(best(event, 2))));
  const sold = answers.flatMap((answer) =>
    answer.status === 201 ? (lineOf(answer)?.['seatIds'] as string[]) : [],
  );
  assert.deepEqual([answers.filter(({ status }) => status === 201).length, new Set(sold).size], [20, 40]);
  assert.ok(answers.every(({ status }) => status === 201 || status === 409));
});

test('the orphan rule names the seat that would be left alone, and offers seats that would do', async () => {
  const { event, seats } = await hall([seated('Stalls', row('A', 5))], { orphanRule: 'on' });
  const refused = await office.hold(seatLine(event, seats[1], seats[2]));
  assert.deepEqual([refused.status, refused.body.code], [409, 'capacity_unavailable']);
  assert.deepEqual(conflictsOf(refused), [{ line: 1, resource: seats[0], reason: 'strands_seat' }]);
  assert.match(refused.body.detail, /single seat would be left alone/);
  assert.deepEqual(refused.body['alternatives'], [seatLine(event, seats[0], seats[1])]);
  assert.deepEqual(await office.available(event), { Stalls: 5 });
  assert.equal(
    (await office.hold(seatLine(event, seats[0]), seatLine(event, seats[1], seats[2]))).status,
    201,
  );
});

test('a swap under the orphan rule counts the seats that it gives back as free', async () => {
  const { event, seats } = await hall([seated('Stalls', row('A', 5))], { orphanRule: 'on' });
  const held = await office.hold(seatLine(event, seats[0], seats[1]));
  const swap = (...nos: number[]) =>
    office.post(`/bookings/${String(held.body['id'])}/reschedule`, {
      lines: [{ no: 1, seatIds: nos.map((no) => seats[no]) }],
    });
  const refused = await swap(1, 2);
  assert.deepEqual(conflictsOf(refused), [{ line: 1, resource: seats[0], reason: 'strands_seat' }]);
  assert.equal((await swap(3, 4)).status, 200);
});

test('the rule gives way where the row has nothing better, and where it is off', async () => {
  const strict = await hall([seated('Stalls', row('A', 3))], { orphanRule: 'on' });
  assert.equal((await office.hold(seatLine(strict.event, strict.seats[0], strict.seats[1]))).status, 201);
  const lax = await hall([seated('Stalls', row('A', 5))]);
  assert.equal((await office.hold(seatLine(lax.event, lax.seats[1]))).status, 201);
});

test('a taken seat is told as taken, and not as one that leaves another alone', async () => {
  const { event, seats } = await hall([seated('Stalls', row('A', 6))], { orphanRule: 'on' });
  assert.equal((await office.hold(seatLine(event, seats[4], seats[5]))).status, 201);
  const refused = await office.hold(seatLine(event, seats[2], seats[4]));
  assert.deepEqual(conflictsOf(refused), [{ line: 1, resource: seats[4], reason: 'sold_out' }]);
});

test('of two who together would leave a seat alone, one is refused, in whatever order they come', async () => {
  for (let turn = 0; turn < 5; turn++) {
    const { event, seats } = await hall([seated('Stalls', row('A', 7))], { orphanRule: 'on' });
    // Each alone would leave nobody alone; together they leave the seat between them.
    const lines = [seatLine(event, seats[0], seats[1]), seatLine(event, seats[3], seats[4])];
    const answers = await Promise.all(
      (turn % 2 === 0 ? lines : lines.toReversed()).map((line) => office.hold(line)),
    );
    const [won, lost] = answers.toSorted((a, b) => a.status - b.status);
    assert.equal(won?.status, 201);
    assert.ok(lost);
    assert.deepEqual(conflictsOf(lost), [{ line: 1, resource: seats[2], reason: 'strands_seat' }]);
  }
});

test('killed seats are sold to nobody, house holds only by staff who name them, and both are shown', async () => {
  const { event, seats } = await hall([seated('Stalls', row('A', 6))]);
  const version = event.version;
  assert.equal(
    (await office.hold(seatLine(event, seats[5]))).status,
    201,
    'now the event is kept in the cache',
  );
  assert.deepEqual((await mark(event, 'kill', seats[0], seats[1])).body, {
    ...{ eventId: event.id, seatIds: [seats[0], seats[1]], mark: 'killed', version: version + 1 },
  });
  assert.equal((await mark(event, 'house', seats[2])).status, 200);
  const states = (await office.inventory(event)).seats.map(({ state }) => state);
  assert.deepEqual(states, ['killed', 'killed', 'house', 'free', 'free', 'held']);
  assert.deepEqual(await office.available(event), { Stalls: 2 });
  const asClient = (line: object) => office.ask('POST', '/holds', { by: 'client', body: { lines: [line] } });
  for (const answer of [
    await office.hold(seatLine(event, seats[0])),
    await asClient(seatLine(event, seats[2])),
  ])
    assert.deepEqual([answer.status, faults(answer)], [422, ['/lines/0/seatIds/0 not_for_sale']]);
  assert.equal((await office.hold(best(event, 3))).status, 409, 'nobody is given them unasked');
  assert.equal((await office.hold(seatLine(event, seats[2]))).status, 201);
  assert.deepEqual(await office.available(event), { Stalls: 2 });
  assert.equal((await asClient(best(event, 2))).status, 201);
  assert.equal((await office.get(`/events/${event.id}`)).body['state'], 'soldOut');
  assert.equal((await mark(event, 'release', seats[0])).body['mark'], null);
  assert.equal((await asClient(seatLine(event, seats[0]))).status, 201);
});

test('seats that are held or sold are not taken out of the sale, and the refusal says which; expired holds are', async () => {
  const { event, seats } = await hall([seated('Stalls', row('A', 4))]);
  await office.hold(seatLine(event, seats[1]));
  const refused = await mark(event, 'kill', seats[0], seats[1]);
  assert.deepEqual(
    [refused.status, refused.body.code, faults(refused)],
    [409, 'in_use', ['/seatIds/1 seat_taken']],
  );
  assert.deepEqual(await office.available(event), { Stalls: 3 }, 'none of them was taken out');
  await office.post('/holds', { lines: [seatLine(event, seats[2])], ttlSeconds: 1 });
  while ((await mark(event, 'kill', seats[2])).status !== 200);
  assert.deepEqual(await office.available(event), { Stalls: 2 });
});

test('a kill and 40 buyers at once: the seat is sold or killed, never both', async () => {
  const { event, seats } = await hall([seated('Stalls', row('A', 2))]);
  const [killed, ...answers] = await Promise.all([
    mark(event, 'kill', seats[0]),
    ...Array.from({ length: 40 }, () => office.hold(seatLine(event, seats[0]))),
  ]);
  const sold = answers.filter(({ status }) => status === 201).length;
  assert.deepEqual([killed?.status, sold].join(), killed?.status === 200 ? '200,0' : '409,1');
});

const unknown = '00000000-0000-7000-8000-000000000000';
const bad: readonly [string, (event: OnSale) => object, number, string][] = [
  [
    'in an unknown section',
    (e) => best(e, 1, { sectionId: unknown }),
    404,
    '/lines/0/sectionId invalid_reference',
  ],
  [
    'where people stand',
    (e) => best(e, 1, { sectionId: e.section('Floor') }),
    422,
    '/lines/0/sectionId invalid_reference',
  ],
  [
    'in an unknown category',
    (e) => best(e, 1, { category: 'Gold' }),
    422,
    '/lines/0/category invalid_reference',
  ],
  [
    'in a section and a category',
    (e) => best(e, 1, { sectionId: e.section('Stalls'), category: 'Gold' }),
    422,
    '/lines/0/category unknown_field',
  ],
  ['for nobody', (e) => best(e, 0), 422, '/lines/0/quantity out_of_range'],
  ['for more than a line may have', (e) => best(e, 51), 422, '/lines/0/quantity out_of_range'],
  ['with seats of its own', (e) => best(e, 1, { seatIds: [] }), 422, '/lines/0/seatIds unknown_field'],
];

for (const [what, line, status, fault] of bad)
  test(`best seats ${what} are refused`, async () => {
    const event = await office.event();
    const refused = await office.hold(line(event));
    assert.deepEqual([refused.status, faults(refused)], [status, [fault]], refused.text);
    assert.deepEqual(await office.available(event), { Floor: 50, Stalls: 20 });
  });

test('marks of drafts, of foreign and doubled seats and by customers are refused', async () => {
  const [event, other, draft] = [await office.event(), await office.event(), await office.draft()];
  const [seat] = await office.seats(event);
  const body = { seatIds: [seat], reason: 'Camera' };
  const refusals = [
    [await mark(draft, 'kill', seat), 409],
    [await mark(other, 'kill', seat), 404],
    [await mark(event, 'kill', seat, seat), 422],
    [await mark(event, 'house', event.section('Stalls')), 404],
    [await office.post(`/events/${event.id}/seats/kill`, { seatIds: [seat] }), 422],
    [await office.ask('POST', `/events/${event.id}/seats/kill`, { by: 'client', body }), 403],
  ] as const;
  for (const [answer, status] of refusals) assert.equal(answer.status, status, answer.text);
});

test('afterwards every promise of the doctor holds', async () => {
  assert.deepEqual(await office.broken(), []);
});
