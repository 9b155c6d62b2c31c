import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { admission, BoxOffice, faults, seatLine } from '../../../test/box-office.ts';

let office: BoxOffice;
before(async () => {
  office = await BoxOffice.open();
});
after(() => office.close());

const startsAt = '2030-05-06T18:00:00Z';
const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString();

test('an event is created as a draft, read, and found by what it is', async () => {
  const venueId = await office.venue();
  const asked = {
    ...{ name: 'Rigoletto', venueId, startsAt: '2030-05-06T20:00:00+02:00', endsAt: '2030-05-06T21:00:00Z' },
    ...{ saleFrom: '2029-01-01T00:00:00Z', saleTo: null, holdTtlSeconds: 300, maxPerOrder: 4 },
    prices: [{ section: 'Stalls', amountMinor: 12_50 }],
  };
  const made = await office.post('/events', asked);
  assert.equal(made.status, 201, made.text);
  const id = String(made.body['id']);
  const read = await office.get(`/events/${id}`);
  assert.equal(read.headers['etag'], '"1"');
  assert.deepEqual(read.body, made.body);
  const { sectionId } = (made.body['prices'] as { sectionId: string }[])[0] ?? {};
  assert.partialDeepStrictEqual(read.body, {
    ...{ name: 'Rigoletto', venueId, venue: 'Hall', timezone: 'UTC', state: 'draft' },
    ...{ startsAt: '2030-05-06T18:00:00.000Z', endsAt: '2030-05-06T21:00:00.000Z' },
    ...{ saleFrom: '2029-01-01T00:00:00.000Z', saleTo: null },
    ...{ holdTtlSeconds: 300, maxPerOrder: 4, maxPerClient: null, version: 1 },
    prices: [{ section: 'Stalls', sectionId, amountMinor: 12_50 }],
  });
  for (const query of [
    `venueId=${venueId}`,
    'search=rigol',
    `state=draft&venueId=${venueId}`,
    `venueId=${venueId}&from=2030-05-06T18:00:00Z&to=2030-05-06T18:00:01Z`,
  ])
    assert.deepEqual((await office.get(`/events?fields=id&${query}`)).body['data'], [{ id }], query);
  for (const query of ['search=rigolo', `state=onSale&venueId=${venueId}`, 'from=2030-05-06T18:00:01Z'])
    assert.deepEqual((await office.get(`/events?${query}`)).body['data'], [], query);
});

test('a section without a price is not sold', async () => {
  const event = await office.event({ prices: [{ section: 'Floor', amountMinor: 0 }] });
  assert.deepEqual(await office.available(event), { Floor: 50 });
});

test('customers see an event once it is published', async () => {
  const draft = await office.draft();
  for (const by of ['public', 'client'] as const) {
    const statuses = async () => {
      const paths = [`/events/${draft.id}`, `/events/${draft.id}/inventory`];
      const answers = await Promise.all(paths.map((path) => office.ask('GET', path, { by })));
      const listed = await office.ask('GET', '/events?fields=id&limit=100', { by });
      return [...answers.map(({ status }) => status), listed.text.includes(draft.id)];
    };
    assert.deepEqual(await statuses(), [404, 404, false], by);
  }
  await office.post(`/events/${draft.id}/publish`);
  assert.equal((await office.ask('GET', `/events/${draft.id}/inventory`, { by: 'public' })).status, 200);
});

test('publish, pause, resume and cancel: each again answers the same, each out of turn is refused', async () => {
  const { id } = await office.draft();
  const move = async (verb: string) => {
    const { status, body } = await office.post(`/events/${id}/${verb}`);
    return status === 200 ? `${String(body['state'])} ${Number(body['version'])}` : body.code;
  };
  const steps = [
    'pause',
    'resume',
    'publish',
    'publish',
    'pause',
    'pause',
    'publish',
    'resume',
    'cancel',
    'cancel',
  ];
  const answers: string[] = [];
  for (const verb of steps) answers.push(await move(verb));
  assert.deepEqual(answers, [
    ...['wrong_state', 'wrong_state', 'onSale 2', 'onSale 2', 'paused 3', 'paused 3', 'wrong_state'],
    ...['onSale 4', 'cancelled 5', 'cancelled 5'],
  ]);
  assert.deepEqual(
    [await move('publish'), await move('pause'), await move('resume')],
    Array(3).fill('wrong_state'),
  );
});

test('an event is ended when its time is over, unless it is put off', async () => {
  const { id } = await office.event({ startsAt: hoursAgo(2), endsAt: hoursAgo(1) });
  const state = async () => (await office.get(`/events/${id}`)).body['state'];
  assert.equal(await state(), 'ended');
  assert.equal((await office.patch(`/events/${id}`, { startsAt, endsAt: null })).status, 200);
  assert.equal(await state(), 'onSale');
});

test('an event is sold out when nothing is left, and on sale again when something comes back', async () => {
  const venueId = await office.venue([{ name: 'Floor', kind: 'standing', capacity: 2 }]);
  const event = await office.event({ venueId });
  const state = async () => (await office.get(`/events/${event.id}`)).body['state'];
  const held = await office.hold(admission(event, 'Floor', 2));
  assert.equal(await state(), 'soldOut');
  const found = await office.get(`/events?state=soldOut&venueId=${venueId}&fields=id`);
  assert.deepEqual(found.body['data'], [{ id: event.id }]);
  await office.post(`/bookings/${String(held.body['id'])}/cancel`);
  assert.equal(await state(), 'onSale');
});

test('a change needs its version, changes what was sent, and is what the next sale is made by', async () => {
  const event = await office.event();
  const path = `/events/${event.id}`;
  const line = admission(event, 'Floor', 1);
  assert.equal((await office.hold(line)).body['totalMinor'], 1_000);
  assert.equal((await office.ask('PATCH', path, { body: { name: 'X' } })).status, 428);
  const changed = await office.patch(path, { prices: [{ section: 'Floor', amountMinor: 1_500 }] }, '"2"');
  assert.equal(changed.status, 200, changed.text);
  assert.partialDeepStrictEqual(changed.body, { name: 'Concert', version: 3, state: 'onSale' });
  assert.equal((await office.patch(path, { name: 'X' }, '"2"')).status, 412);
  assert.equal((await office.hold(line)).body['totalMinor'], 1_500);
  const { sections } = await office.inventory(event);
  assert.deepEqual(
    sections.map(({ name, amountMinor }) => [name, amountMinor]),
    [
      ['Floor', 1_500],
      ['Stalls', 1_000],
    ],
  );
});

test('an event that bookings need is cancelled and not removed; others are removed with their stock', async () => {
  const event = await office.event();
  const [seat] = await office.seats(event);
  const held = await office.hold(seatLine(event, seat));
  const refused = await office.remove(`/events/${event.id}`);
  assert.deepEqual([refused.status, refused.body.code], [409, 'in_use']);
  assert.equal((await office.get(`/events/${event.id}`)).body['version'], event.version);
  await office.post(`/bookings/${String(held.body['id'])}/cancel`);
  assert.equal((await office.remove(`/events/${event.id}`)).status, 204);
  assert.equal((await office.hold(seatLine(event, seat))).status, 404);
  assert.equal((await office.get(`/events/${event.id}/inventory`)).status, 404);
});

const bad: readonly [string, object, string][] = [
  ['an unknown venue', { venueId: '00000000-0000-7000-8000-000000000000' }, '/venueId invalid_reference'],
  [
    'a price of an unknown section',
    { prices: [{ section: 'Sky', amountMinor: 1 }] },
    '/prices/0/section invalid_reference',
  ],
  [
    'two prices of one section',
    { prices: [1, 2].map((amountMinor) => ({ section: 'Floor', amountMinor })) },
    '/prices/1/section duplicate_item',
  ],
  ['no prices', { prices: [] }, '/prices too_few_items'],
  [
    'a negative price',
    { prices: [{ section: 'Floor', amountMinor: -1 }] },
    '/prices/0/amountMinor out_of_range',
  ],
  [
    'a fraction of a cent',
    { prices: [{ section: 'Floor', amountMinor: 0.5 }] },
    '/prices/0/amountMinor invalid_number',
  ],
  ['an end at its start', { endsAt: startsAt }, '/endsAt empty_interval'],
  [
    'a sale that ends before it begins',
    { saleFrom: startsAt, saleTo: '2030-05-06T17:59:59Z' },
    '/saleTo empty_interval',
  ],
  ['a start without offset', { startsAt: '2030-05-06T18:00:00' }, '/startsAt invalid_time'],
  ['holds of no length', { holdTtlSeconds: 0 }, '/holdTtlSeconds out_of_range'],
  ['a limit of no places', { maxPerOrder: 0 }, '/maxPerOrder out_of_range'],
  ['an unknown field', { state: 'onSale' }, '/state unknown_field'],
];

for (const [what, given, fault] of bad)
  test(`an event with ${what} is refused`, async () => {
    const venueId = await office.venue();
    const prices = [{ section: 'Floor', amountMinor: 1 }];
    const answer = await office.post('/events', { name: 'Bad', venueId, startsAt, prices, ...given });
    assert.deepEqual([answer.status, answer.body.code, faults(answer)], [422, 'rule_violated', [fault]]);
    assert.deepEqual((await office.get(`/events?venueId=${venueId}`)).body['data'], []);
  });

test('a change that would end the event before it begins is refused', async () => {
  const { id } = await office.event({ endsAt: '2030-05-06T20:00:00Z' });
  const answer = await office.patch(`/events/${id}`, { startsAt: '2030-05-06T20:00:00Z' });
  assert.deepEqual([answer.status, faults(answer)], [422, ['/endsAt empty_interval']]);
});
