import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { admission, BoxOffice, faults, seatLine, type OnSale } from '../../../test/box-office.ts';

let office: BoxOffice;
before(async () => {
  office = await BoxOffice.open();
});
after(() => office.close());

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
const tiers = [
  { name: 'Adult', amountMinor: 3_000 },
  { name: 'Child', amountMinor: 1_200, sections: ['Floor'], maxPerOrder: 3 },
];
const at = (event: OnSale, section: string, quantity: number, tier: string | null) => ({
  ...admission(event, section, quantity),
  tier,
});

/** What is left of each tier, by section and name. */
async function left(event: OnSale): Promise<Record<string, number>> {
  const { sections } = await office.inventory(event);
  const named = sections as unknown as { name: string; tiers?: { name: string; available: number }[] }[];
  return Object.fromEntries(
    named.flatMap(({ name, tiers: own = [] }) =>
      own.map((tier) => [`${name} ${tier.name}`, tier.available] as const),
    ),
  );
}

const conflicts = ({ body }: { body: Record<string, unknown> }) =>
  (body['conflicts'] as Record<string, unknown>[]).map(({ line, reason, rule, limit, available }) =>
    [line, reason, rule, limit, available].join(' '),
  );

test('a line pays the price of the tier it names, and the section’s own where it names none', async () => {
  const event = await office.event({ tiers });
  const [seat, other] = await office.seats(event);
  const held = await office.hold(
    at(event, 'Floor', 2, 'Child'),
    at(event, 'Floor', 1, null),
    { ...seatLine(event, seat, other), tier: 'Adult' },
    { kind: 'bestSeats', eventId: event.id, quantity: 2, tier: 'Adult' },
  );
  assert.equal(held.status, 201, held.text);
  const lines = held.body['lines'] as { kind: string; tier?: string; unitPriceMinor: number }[];
  assert.deepEqual(
    lines.map(({ kind, tier, unitPriceMinor }) => [kind, tier, unitPriceMinor]),
    [
      ['admission', 'Child', 1_200],
      ['admission', undefined, 1_000],
      ['seat', 'Adult', 3_000],
      ['seat', 'Adult', 3_000],
    ],
  );
  assert.equal(held.body['totalMinor'], 2 * 1_200 + 1_000 + 4 * 3_000);
  assert.deepEqual(await office.available(event), { Floor: 47, Stalls: 16 });
  const priced = await office.hold({ ...at(event, 'Floor', 1, 'Child'), amountMinor: 1 });
  assert.deepEqual(faults(priced), ['/lines/0/amountMinor unknown_field']);
});

test('a section that is sold in tiers only needs no price and is sold in none but them', async () => {
  const only = [{ name: 'Adult', amountMinor: 3_000, sections: ['Stalls'] }];
  const event = await office.event({ prices: [{ section: 'Floor', amountMinor: 1_000 }], tiers: only });
  const { sections } = await office.inventory(event);
  assert.deepEqual(
    sections.map(({ name, amountMinor }) => [name, amountMinor]),
    [
      ['Floor', 1_000],
      ['Stalls', null],
    ],
  );
  const [seat] = await office.seats(event);
  const best = { kind: 'bestSeats', eventId: event.id, quantity: 2 };
  assert.deepEqual(faults(await office.hold(seatLine(event, seat))), ['/lines/0/tier missing_field']);
  assert.deepEqual(faults(await office.hold(best)), ['/lines/0/tier missing_field']);
  assert.equal((await office.hold({ ...best, tier: 'Adult' })).body['totalMinor'], 6_000);

  const all = await office.event({ prices: undefined, tiers: [{ name: 'Adult', amountMinor: 500 }] });
  assert.deepEqual(await left(all), { 'Floor Adult': 50, 'Stalls Adult': 20 });
  const cancelled = await office.post(`/events/${all.id}/cancel`);
  assert.equal(cancelled.status, 200, cancelled.text);
  assert.deepEqual(
    faults(await office.post('/events', { name: 'A', venueId: await office.venue(), startsAt: inHours(9) })),
    ['/prices missing_field'],
  );
});

test('a tier that is unknown, of another event, or not sold in this section or at this moment is refused, and nothing is taken', async () => {
  const windows = [
    { name: 'Early', amountMinor: 500, saleTo: inHours(-1) },
    { name: 'Late', amountMinor: 900, saleFrom: inHours(1) },
  ];
  const event = await office.event({ tiers: [...tiers, ...windows] });
  const other = await office.event({ tiers: [{ name: 'Members', amountMinor: 1 }] });
  const stalls = { kind: 'bestSeats', eventId: event.id, sectionId: event.section('Stalls'), quantity: 1 };
  const refusals = [
    [at(event, 'Floor', 1, 'Nobody'), 404, '/lines/0/tier invalid_reference'],
    [at(event, 'Floor', 1, 'Members'), 404, '/lines/0/tier invalid_reference'],
    [at(event, 'Floor', 1, 'adult'), 404, '/lines/0/tier invalid_reference'],
    [{ ...stalls, tier: 'Child' }, 422, '/lines/0/tier invalid_reference'],
    [at(event, 'Floor', 1, 'Early'), 422, '/lines/0/tier sale_closed'],
    [at(event, 'Floor', 1, 'Late'), 422, '/lines/0/tier sale_not_open'],
    [at(event, 'Floor', 4, 'Child'), 422, '/lines/0/quantity over_limit'],
    [at(event, 'Floor', 1, ''), 422, '/lines/0/tier invalid_text'],
  ] as const;
  for (const [line, status, fault] of refusals) {
    const refused = await office.hold(line);
    assert.deepEqual([refused.status, ...faults(refused)], [status, fault], JSON.stringify(line));
  }
  const together = await office.hold(at(event, 'Floor', 2, 'Child'), at(event, 'Floor', 2, 'Child'));
  assert.deepEqual(faults(together), ['/lines/1/quantity over_limit']);
  assert.deepEqual(await office.available(event), { Floor: 50, Stalls: 20 });
  assert.equal((await office.hold(at(other, 'Floor', 1, 'Members'))).body['totalMinor'], 1);
  const now = await left(event);
  assert.deepEqual([now['Floor Early'], now['Floor Late'], now['Floor Adult']], [0, 0, 50]);
});

test('over the places of a tier, or of the group that two tiers share, nothing is sold', async () => {
  const event = await office.event({
    groups: [{ name: 'Terrace', capacity: 5 }],
    tiers: [
      { name: 'Adult', amountMinor: 3_000, group: 'Terrace' },
      { name: 'Child', amountMinor: 1_000, group: 'Terrace', capacity: 3 },
    ],
  });
  const over = await office.hold(at(event, 'Floor', 4, 'Child'));
  assert.deepEqual([over.status, ...conflicts(over)], [409, '1 limit_reached tierCapacity 3 3']);
  const singly = [at(event, 'Floor', 3, 'Child'), at(event, 'Floor', 3, 'Adult')];
  const together = await office.hold(...singly);
  assert.deepEqual([together.status, ...conflicts(together)], [409, '2 limit_reached groupCapacity 5 2']);
  assert.deepEqual(await left(event), {
    ...{ 'Floor Adult': 5, 'Floor Child': 3, 'Stalls Adult': 5, 'Stalls Child': 3 },
  });
  const [child] = singly;
  const held = await office.hold(child ?? {});
  assert.equal(held.status, 201, held.text);
  const best = { kind: 'bestSeats', eventId: event.id, quantity: 3, tier: 'Adult' };
  const shared = await office.hold(best);
  assert.deepEqual([shared.status, ...conflicts(shared)], [409, '1 limit_reached groupCapacity 5 2']);
  assert.deepEqual(await left(event), {
    ...{ 'Floor Adult': 2, 'Floor Child': 0, 'Stalls Adult': 2, 'Stalls Child': 0 },
  });
  await office.post(`/bookings/${String(held.body['id'])}/cancel`);
  assert.equal((await office.hold(best)).status, 201, 'what is cancelled comes back');
  assert.deepEqual(await office.available(event), { Floor: 50, Stalls: 17 });
});

test('places of a tier come back when their hold expires', async () => {
  const event = await office.event({ tiers: [{ name: 'Few', amountMinor: 1, capacity: 2 }] });
  const body = { lines: [at(event, 'Floor', 2, 'Few')], ttlSeconds: 1 };
  assert.equal((await office.post('/holds', body)).status, 201);
  assert.equal((await office.post('/holds', body)).status, 409);
  while ((await left(event))['Floor Few'] !== 2);
  assert.equal((await office.hold(at(event, 'Floor', 2, 'Few'))).status, 201);
});

test('tiers are changed by name with the event’s version, and never below what is taken', async () => {
  const event = await office.event({ tiers, groups: [{ name: 'All', capacity: 40 }] });
  const path = `/events/${event.id}`;
  await office.hold(at(event, 'Floor', 2, 'Adult'));
  const cut = await office.patch(path, { tiers: [{ name: 'Child' }, { name: 'Adult', capacity: 1 }] });
  assert.deepEqual(
    [cut.status, cut.body.code, ...faults(cut)],
    [409, 'in_use', '/tiers/1/capacity below_taken'],
  );
  assert.partialDeepStrictEqual(cut.body.errors, [{ limit: 2 }]);
  const moved = await office.patch(path, { tiers: [{ name: 'Adult', group: 'All' }] });
  assert.deepEqual([moved.status, moved.body.code], [409, 'in_use']);
  const stale = await office.patch(path, { tiers: [{ name: 'Adult', capacity: 2 }] }, '"1"');
  assert.equal(stale.body.code, 'precondition_failed');
  const changed = await office.patch(path, {
    tiers: [
      { name: 'Adult', capacity: 2 },
      { name: 'Student', amountMinor: 700, group: 'Seats' },
    ],
    groups: [{ name: 'Seats', capacity: 1 }],
  });
  assert.equal(changed.status, 200, changed.text);
  assert.equal(changed.body['version'], event.version + 1);
  const none = {
    sections: null,
    capacity: null,
    group: null,
    saleFrom: null,
    saleTo: null,
    maxPerOrder: null,
    ...{ hidden: false, codes: 0 },
  };
  assert.deepEqual(changed.body['tiers'], [
    { ...none, name: 'Adult', amountMinor: 3_000, capacity: 2 },
    { ...none, name: 'Child', amountMinor: 1_200, sections: ['Floor'], maxPerOrder: 3 },
    { ...none, name: 'Student', amountMinor: 700, group: 'Seats' },
  ]);
  assert.deepEqual(changed.body['groups'], [
    { name: 'All', capacity: 40 },
    { name: 'Seats', capacity: 1 },
  ]);
  assert.equal((await office.hold(at(event, 'Floor', 1, 'Adult'))).status, 409, 'two are sold already');
  assert.equal((await office.hold(at(event, 'Floor', 1, 'Student'))).status, 201);
  const less = await office.patch(path, { groups: [{ name: 'Seats', capacity: 0 }] });
  assert.deepEqual(faults(less), ['/groups/0/capacity below_taken']);
});

test('tiers that cannot be are refused when they are written', async () => {
  const venueId = await office.venue();
  const make = async (given: object) =>
    faults(await office.post('/events', { name: 'A', venueId, startsAt: inHours(9), ...given }));
  const tier = { name: 'A', amountMinor: 1 };
  assert.deepEqual(await make({ tiers: [tier, tier] }), ['/tiers/1/name duplicate_item']);
  assert.deepEqual(await make({ tiers: [{ ...tier, sections: ['Roof'] }] }), [
    '/tiers/0/sections/0 invalid_reference',
  ]);
  assert.deepEqual(await make({ tiers: [{ ...tier, group: 'B' }] }), ['/tiers/0/group invalid_reference']);
  const backwards = { ...tier, saleFrom: inHours(2), saleTo: inHours(1) };
  assert.deepEqual(await make({ tiers: [backwards] }), ['/tiers/0/saleTo empty_interval']);
  assert.deepEqual(await make({ tiers: [{ name: 'A' }] }), ['/tiers/0/amountMinor missing_field']);
  assert.deepEqual(await make({ tiers: [{ ...tier, amountMinor: -1 }] }), [
    '/tiers/0/amountMinor out_of_range',
  ]);
  const event = await office.event();
  const unpriced = await office.patch(`/events/${event.id}`, { tiers: [{ name: 'New' }] });
  assert.deepEqual(faults(unpriced), ['/tiers/0/amountMinor missing_field']);
  const many = (from: number) =>
    Array.from({ length: 50 }, (_, i) => ({ name: `Tier ${from + i}`, amountMinor: 1 }));
  assert.equal((await office.patch(`/events/${event.id}`, { tiers: many(0) })).status, 200);
  const more = await office.patch(`/events/${event.id}`, { tiers: many(1) });
  assert.deepEqual(faults(more), ['/tiers/49 too_many_items']);
});

test('a booked place keeps its tier when it is swapped, also when that is no longer sold, and may change it', async () => {
  const event = await office.event({ tiers: [...tiers, { name: 'Early', amountMinor: 500, capacity: 2 }] });
  const seats = await office.seats(event);
  const held = await office.ask('POST', '/holds', {
    by: 'client',
    body: { lines: [{ ...seatLine(event, seats[0], seats[1]), tier: 'Early' }] },
  });
  const path = `/bookings/${String(held.body['id'])}`;
  assert.equal((await office.ask('POST', `${path}/confirm`, { by: 'client', body: {} })).status, 200);
  await office.patch(`/events/${event.id}`, { tiers: [{ name: 'Early', saleTo: inHours(-1) }] });
  const swap = (line: object) =>
    office.ask('POST', `${path}/reschedule`, { by: 'client', body: { lines: [{ no: 1, ...line }] } });
  const swapped = await swap({ seatIds: [seats[5], seats[6]] });
  assert.deepEqual([swapped.status, swapped.body['totalMinor']], [200, 1_000], swapped.text);
  const more = await swap({ seatIds: seats.slice(5, 8) });
  assert.deepEqual(faults(more), ['/lines/0/tier sale_closed'], 'more of them is a new sale');
  assert.deepEqual(faults(await swap({ tier: 'Adult' })), ['/lines dearer']);
  assert.deepEqual(faults(await swap({ tier: null })), ['/lines dearer']);
  const dearer = await office.post(`${path}/reschedule`, { lines: [{ no: 1, tier: 'Adult' }] });
  assert.deepEqual([dearer.status, dearer.body['totalMinor']], [200, 6_000]);
  const back = await swap({ tier: 'Early' });
  assert.deepEqual(faults(back), ['/lines/0/tier sale_closed']);
  const plain = await swap({ tier: null });
  assert.deepEqual([plain.status, plain.body['totalMinor']], [200, 2_000]);
  assert.equal(
    (plain.body['lines'] as object[]).some((line) => 'tier' in line),
    false,
  );
});

test('a discount code may be for a tier', async () => {
  const event = await office.event({ tiers });
  await office.post('/discount-codes', { code: 'KIDS', percent: 50, tiers: ['Child'] });
  const lines = [at(event, 'Floor', 1, 'Child'), at(event, 'Floor', 1, 'Adult')];
  const held = await office.post('/holds', { lines, discountCode: 'KIDS' });
  assert.equal(held.body['totalMinor'], 600 + 3_000, held.text);
});

test('the ticket and the list of attendees name the tier, also once it was changed', async () => {
  const event = await office.event({ tiers });
  const held = await office.hold(at(event, 'Floor', 1, 'Child'), at(event, 'Floor', 1, null));
  const path = `/bookings/${String(held.body['id'])}`;
  await office.post(`${path}/confirm`);
  const named = async () => {
    const listed = await office.get(`${path}/tickets`);
    const { text } = await office.get(`/events/${event.id}/attendees/export?format=ndjson`);
    const rows = text.trimEnd().split('\n').slice(0, -1);
    return [
      (listed.body['data'] as { tier: string }[]).map(({ tier }) => tier),
      ((await office.get(`/events/${event.id}/attendees`)).body['data'] as { tier: string }[]).map(
        ({ tier }) => tier,
      ),
      rows.map((row) => (JSON.parse(row) as { tier: string }).tier),
    ];
  };
  assert.deepEqual(
    await named(),
    Array.from({ length: 3 }, () => ['Child', null]),
  );
  await office.post(`${path}/reschedule`, { lines: [{ no: 1, tier: 'Adult' }] });
  assert.deepEqual(
    await named(),
    Array.from({ length: 3 }, () => ['Adult', null]),
  );
});

test('what is offered instead is of the same tier', async () => {
  const venueId = await office.venue(
    ['Front', 'Middle', 'Back'].map((name) => ({ name, kind: 'standing', capacity: 5 })),
  );
  const event = await office.event({ venueId, tiers: [{ ...tiers[0], sections: ['Front', 'Back'] }] });
  await office.hold(at(event, 'Front', 4, null));
  const refused = await office.hold(at(event, 'Front', 3, 'Adult'));
  assert.deepEqual(refused.body['alternatives'], [at(event, 'Back', 3, 'Adult')]);
});

test('an event is sold out when nothing is left at any price, whatever places are free', async () => {
  const venueId = await office.venue([{ name: 'Floor', kind: 'standing', capacity: 10 }]);
  const past = { name: 'Early', amountMinor: 1, saleTo: '2026-01-01T00:00:00Z' };
  const small = { name: 'Small', amountMinor: 1, capacity: 1 };
  const event = await office.event({ venueId, prices: undefined, tiers: [past, small] });
  const path = `/events/${event.id}`;
  const state = async () => (await office.get(path)).body['state'];
  const hold = async (of: OnSale, tier: string, quantity: number) => {
    const [floor] = (await office.inventory(of)).sections;
    const line = { kind: 'admission', eventId: of.id, sectionId: floor?.id, quantity, tier };
    const held = await office.hold(line);
    assert.equal(held.status, 201, held.text);
    return held;
  };
  assert.equal(await state(), 'onSale');
  const held = await hold(event, 'Small', 1);
  assert.equal(await state(), 'soldOut');
  assert.ok((await office.get(`/events?state=soldOut&venueId=${venueId}`)).text.includes(event.id));
  await office.post(`/bookings/${String(held.body['id'])}/cancel`);
  assert.equal(await state(), 'onSale');
  await hold(event, 'Small', 1);
  const later = [{ name: 'Later', amountMinor: 1, saleFrom: '2031-01-01T00:00:00Z' }];
  assert.equal((await office.patch(path, { tiers: later })).status, 200);
  assert.equal(await state(), 'onSale', 'something can still be had, if not yet');
  const grouped = await office.event({
    ...{ venueId, prices: undefined, groups: [{ name: 'All', capacity: 2 }] },
    tiers: ['A', 'B'].map((name) => ({ name, amountMinor: 1, group: 'All' })),
  });
  await hold(grouped, 'A', 2);
  assert.equal((await office.get(`/events/${grouped.id}`)).body['state'], 'soldOut');
});

test('afterwards every promise of the doctor holds', async () => {
  assert.deepEqual(await office.broken(), []);
});
