import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BoxOffice, faults } from '../../../test/box-office.ts';
import type { Series } from './series-schema.ts';

let office: BoxOffice;
before(async () => (office = await BoxOffice.open()));
after(() => office.close());

/** Published dates of a hall with a floor, at 10.00, and a tier for children. */
async function series(...days: number[]): Promise<{ seriesId: string; ids: string[] }> {
  const made = await office.post('/events/series', {
    ...{ name: 'Faust', venueId: await office.venue([{ name: 'Floor', kind: 'standing', capacity: 20 }]) },
    dates: days.map((day) => ({ startsAt: `2030-05-0${day}T18:00:00Z` })),
    prices: [{ section: 'Floor', amountMinor: 1_000 }],
    tiers: [{ name: 'Child', amountMinor: 500, capacity: 10 }],
  });
  assert.equal(made.status, 201, made.text);
  const { seriesId, events } = made.body as unknown as Series;
  const ids = events.map(({ id }) => id);
  assert.equal((await office.post(`/events/${ids[0]}/publish`, { scope: 'all' })).status, 200);
  return { seriesId, ids };
}

interface Date {
  name: string;
  version: number;
  prices: { sectionId: string; amountMinor: number }[];
}
async function datesOf(seriesId: string): Promise<Date[]> {
  return (await office.get(`/events?seriesId=${seriesId}`)).body['data'] as Date[];
}
const line = async (id: string | undefined, quantity: number, tier?: string) => {
  const { prices } = (await office.get(`/events/${id}`)).body as unknown as Date;
  return { kind: 'admission', eventId: id, sectionId: prices[0]?.sectionId, quantity, tier };
};
const dearer = { prices: [{ section: 'Floor', amountMinor: 1_200 }] };

test('the terms of this date, of it and the following, or of all are changed in one go, from the version that was read of this', async () => {
  const { seriesId, ids } = await series(1, 2, 3);
  const path = `/events/${ids[1]}`;
  const following = await office.patch(path, { ...dearer, name: 'Faust II', scope: 'following' }, '"2"');
  assert.equal(following.status, 200, following.text);
  assert.deepEqual([following.body['dates'], following.body['affected']], [[ids[1], ids[2]], undefined]);
  const told = await office.rows(
    `select resource_ids as ids from engine.change where type = 'event.updated' order by seq desc limit 2`,
  );
  assert.deepEqual(told, [{ ids: [ids[2]] }, { ids: [ids[1]] }]);
  const shown = async () =>
    (await datesOf(seriesId)).map(({ name, prices, version }) => [name, prices[0]?.amountMinor, version]);
  assert.deepEqual(await shown(), [
    ['Faust', 1_000, 2],
    ['Faust II', 1_200, 3],
    ['Faust II', 1_200, 3],
  ]);
  assert.equal((await office.patch(path, { name: 'Late', scope: 'all' }, '"2"')).status, 412);
  assert.equal((await office.ask('PATCH', path, { body: { name: 'Bare', scope: 'all' } })).status, 428);
  assert.equal((await office.patch(path, { maxPerOrder: 2, scope: 'all' }, '"3"')).status, 200);
  assert.equal((await office.patch(path, { name: 'One', scope: 'this' }, '"4"')).status, 200);
  assert.deepEqual(
    (await shown()).map(([name, , version]) => [name, version]),
    [
      ['Faust', 3],
      ['One', 5],
      ['Faust II', 4],
    ],
  );
  for (const id of ids)
    assert.deepEqual(faults(await office.hold(await line(id, 3))), ['/lines/0/quantity over_limit']);
  assert.equal((await office.hold(await line(ids[2], 2))).body['totalMinor'], 2_400);
});

test('dates that are over keep their terms', async () => {
  const { seriesId, ids } = await series(1, 2);
  const past = { startsAt: '2020-05-01T18:00:00Z', endsAt: '2020-05-01T21:00:00Z' };
  assert.equal((await office.patch(`/events/${ids[0]}`, past)).status, 200);
  const { body } = await office.patch(`/events/${ids[1]}`, { name: 'New', scope: 'all' });
  assert.deepEqual(body['dates'], [ids[1]]);
  assert.deepEqual(
    (await datesOf(seriesId)).map(({ name }) => name),
    ['Faust', 'New'],
  );
});

test('where one date cannot be changed so, none is, and the refusal names those that cannot', async () => {
  const { seriesId, ids } = await series(1, 2, 3);
  for (const id of ids.slice(1)) await office.sold([await line(id, 6, 'Child')]);
  const before = [await datesOf(seriesId), await office.rows('select count(*) from engine.change')];
  const body = { ...dearer, name: 'New', tiers: [{ name: 'Child', capacity: 5 }], scope: 'all' };
  const refused = await office.patch(`/events/${ids[0]}`, body);
  assert.deepEqual(
    [refused.status, refused.body.code, faults(refused), refused.body['dates']],
    [409, 'in_use', ['/tiers/0/capacity below_taken'], ids.slice(1)],
  );
  assert.match(refused.body.detail, /^2 of 3 dates .* 6 places of "Child" are taken/);
  assert.deepEqual(
    [await datesOf(seriesId), await office.rows('select count(*) from engine.change')],
    before,
  );
  assert.equal((await office.hold(await line(ids[0], 10, 'Child'))).body['totalMinor'], 5_000);
});

const bad: readonly [string, object, string][] = [
  ['another time for all', { startsAt: '2030-06-01T18:00:00Z', scope: 'all' }, '/startsAt unknown_field'],
  ['another end for the following', { endsAt: null, scope: 'following' }, '/endsAt unknown_field'],
  ['nothing for all', { scope: 'all' }, ' missing_field'],
  ['an unknown scope', { name: 'New', scope: 'some' }, '/scope invalid_value'],
  [
    'a price of nowhere',
    { prices: [{ section: 'Roof', amountMinor: 1 }], scope: 'all' },
    '/prices/0/section invalid_reference',
  ],
  [
    'a sale that ends before it begins',
    { saleFrom: '2029-01-02T00:00:00Z', saleTo: '2029-01-01T00:00:00Z', scope: 'all' },
    '/saleTo empty_interval',
  ],
];
for (const [what, body, fault] of bad)
  test(`${what} is refused, and no date is changed`, async () => {
    const { seriesId, ids } = await series(1, 2);
    const before = await datesOf(seriesId);
    const refused = await office.patch(`/events/${ids[0]}`, body);
    assert.deepEqual([refused.status, faults(refused)], [422, [fault]], refused.text);
    assert.deepEqual(await datesOf(seriesId), before);
  });

test('what is sold while all dates are changed is sold on the terms before or after, on each date alike', async () => {
  const { seriesId, ids } = await series(1, 2, 3);
  const lines = await Promise.all(ids.map((id) => line(id, 1)));
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => {
      const amountMinor = 1_000 + i;
      const body = { prices: [{ section: 'Floor', amountMinor }], scope: 'all' };
      return i % 2 === 0 ? office.hold(...lines) : office.patch(`/events/${ids[i % 3]}`, body);
    }),
  );
  // Where it is changed faster than it can be looked up, a sale is told to try again.
  const unclean = answers.filter(({ status }, i) => status > 201 && !(status === 503 && i % 2 === 0));
  assert.deepEqual(
    unclean.map(({ text }) => text),
    [],
  );
  const sold = [...answers.filter(({ status }) => status === 201), await office.hold(...lines)];
  for (const { body } of sold)
    assert.equal(
      new Set((body['lines'] as { totalMinor: number }[]).map(({ totalMinor }) => totalMinor)).size,
      1,
    );
  assert.equal(new Set((await datesOf(seriesId)).map(({ prices }) => prices[0]?.amountMinor)).size, 1);
  assert.deepEqual(await office.broken(), []);
});

/** Sales of all dates stand still as long; far above what it takes. */
const CHANGED_MS = 10_000;

test('the terms of a date for each day of the year are changed at once', async (t) => {
  const made = await office.post('/events/series', {
    ...{ name: 'Musical', venueId: await office.venue(), rrule: 'FREQ=DAILY;COUNT=366' },
    first: { startsAt: '2030-01-01T18:00:00Z' },
    prices: ['Floor', 'Stalls'].map((section) => ({ section, amountMinor: 1_000 })),
    tiers: ['Child', 'Student', 'Senior'].map((name) => ({ name, amountMinor: 500 })),
  });
  const { events } = made.body as unknown as Series;
  const begun = performance.now();
  const body = { ...dearer, tiers: [{ name: 'Child', amountMinor: 400 }], scope: 'all' };
  const changed = await office.patch(`/events/${events[100]?.id}`, body);
  const took = performance.now() - begun;
  assert.deepEqual([changed.status, (changed.body['dates'] as string[]).length], [200, 366]);
  assert.ok(took < CHANGED_MS, `${took} ms`);
  t.diagnostic(`366 dates in ${Math.round(took)} ms`);
});
