import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BoxOffice, faults, type Answer } from '../../../test/box-office.ts';
import type { Series } from './series-schema.ts';

let office: BoxOffice;
let venueId: string;
before(async () => {
  office = await BoxOffice.open();
  venueId = await office.venue([{ name: 'Floor', kind: 'standing', capacity: 20 }]);
  await office.patch(`/venues/${venueId}`, { timezone: 'Europe/Berlin' });
});
after(() => office.close());

const ask = (given: object) =>
  office.post('/events/series', {
    ...{ name: 'Faust', venueId, prices: [{ section: 'Floor', amountMinor: 1_000 }] },
    ...given,
  });
async function series(given: object): Promise<Series> {
  const made = await ask(given);
  assert.equal(made.status, 201, made.text);
  return made.body as unknown as Series;
}
const evenings = (...days: number[]) => ({
  dates: days.map((day) => ({ startsAt: `2030-05-0${day}T18:00:00Z`, endsAt: `2030-05-0${day}T21:00:00Z` })),
});
/** The state of each date, in their order. */
async function states(seriesId: string): Promise<unknown[]> {
  const { body } = await office.get(`/events?seriesId=${seriesId}&limit=100`);
  return (body['data'] as { state: string }[]).map(({ state }) => state);
}
const lineOf = async ({ id }: { id: string }, quantity: number) => {
  const { prices } = (await office.get(`/events/${id}`)).body as unknown as {
    prices: { sectionId: string }[];
  };
  return { kind: 'admission', eventId: id, sectionId: prices[0]?.sectionId, quantity };
};

test('a series has an event for each date, each with places of its own, and is listed in their order', async () => {
  await office.event();
  const { seriesId, events } = await series(evenings(3, 1, 2));
  assert.deepEqual(
    events.map(({ startsAt, endsAt }) => [startsAt, endsAt]),
    [1, 2, 3].map((day) => [`2030-05-0${day}T18:00:00.000Z`, `2030-05-0${day}T21:00:00.000Z`]),
  );
  const listed = (await office.get(`/events?seriesId=${seriesId}`)).body['data'] as Record<string, unknown>[];
  assert.deepEqual(
    listed.map(({ id, seriesId: of, state }) => [id, of, state]),
    events.map(({ id }) => [id, seriesId, 'draft']),
  );
  const [first, second, third] = events.map(({ id }) => id);
  const published = await office.post(`/events/${first}/publish`, { scope: 'all' });
  assert.deepEqual(
    [published.status, published.body['dates'], published.body['left']],
    [200, [first, second, third], 0],
  );
  assert.equal((await office.hold(await lineOf({ id: first ?? '' }, 20))).status, 201);
  assert.equal(
    (await office.hold(await lineOf({ id: second ?? '' }, 20))).status,
    201,
    'the places of another date',
  );
  assert.deepEqual((await office.get(`/events?seriesId=${first}`)).body['data'], []);
  assert.deepEqual(await office.broken(), []);
});

test('each date has tiers of its own', async () => {
  const { events } = await series({
    ...evenings(1, 2),
    tiers: [{ name: 'Child', amountMinor: 500, capacity: 2 }],
  });
  await office.post(`/events/${events[0]?.id}/publish`, { scope: 'all' });
  for (const event of events) {
    const line = { ...(await lineOf(event, 2)), tier: 'Child' };
    assert.equal((await office.hold(line)).status, 201);
    assert.equal((await office.hold({ ...line, quantity: 1 })).status, 409);
  }
});

test('a rule makes the dates on the clock of the venue, also when the clocks are changed', async () => {
  const first = { startsAt: '2030-03-24T19:00:00+01:00', endsAt: '2030-03-24T22:00:00+01:00' };
  const { events } = await series({ first, rrule: 'FREQ=WEEKLY;COUNT=2' });
  assert.deepEqual(
    events.map(({ startsAt, endsAt }) => [startsAt, endsAt]),
    [
      ['2030-03-24T18:00:00.000Z', '2030-03-24T21:00:00.000Z'],
      ['2030-03-31T17:00:00.000Z', '2030-03-31T20:00:00.000Z'],
    ],
  );
  const night = { first: { startsAt: '2030-03-30T02:30:00+01:00' }, rrule: 'FREQ=DAILY;COUNT=3' };
  for (const [dst, starts] of [
    ['earlier', ['01:30', '00:30', '00:30']],
    ['later', ['01:30', '01:30', '00:30']],
    ['skip', ['01:30', '00:30']],
  ] as const)
    assert.deepEqual(
      (await series({ ...night, dst })).events.map(({ startsAt }) => startsAt.slice(11, 16)),
      starts,
      dst,
    );
});

test('dates that cannot be are refused as a whole, and none is made', async () => {
  const before = await office.rows('select count(*) from events.event');
  const first = { startsAt: '2030-03-30T02:30:00+01:00' };
  const cases: readonly (readonly [given: object, fault: string])[] = [
    [{}, '/dates missing_field'],
    [{ dates: [] }, '/dates too_few_items'],
    [{ dates: Array.from({ length: 367 }, () => first) }, '/dates too_many_items'],
    [{ ...evenings(1), first }, '/first unknown_field'],
    [{ ...evenings(1), dst: 'skip' }, '/dst unknown_field'],
    [{ dates: [first, { startsAt: '2030-03-30T01:30:00Z' }] }, '/dates/1/startsAt duplicate_item'],
    [{ dates: [first, { ...first, endsAt: first.startsAt }] }, '/dates/1/endsAt empty_interval'],
    [{ first }, '/rrule missing_field'],
    [{ first, rrule: 'FREQ=DAILY' }, '/rrule recurrence_without_end'],
    [{ first, rrule: 'FREQ=DAILY;COUNT=367' }, '/rrule too_many_occurrences'],
    [{ first, rrule: 'FREQ=DAILY;COUNT=3' }, '/rrule nonexistent_local_time'],
    [
      { first: { startsAt: '2030-10-26T02:30:00+02:00' }, rrule: 'FREQ=DAILY;COUNT=2' },
      '/rrule ambiguous_local_time',
    ],
    [{ first, rrule: 'FREQ=WEEKLY;BYDAY=MO;COUNT=2' }, '/first/startsAt not_an_occurrence'],
    [{ ...evenings(1), startsAt: first.startsAt }, '/startsAt unknown_field'],
    [{ ...evenings(1), venueId: office.tenant.id }, '/venueId invalid_reference'],
    [
      { ...evenings(1, 2), prices: [{ section: 'Roof', amountMinor: 1 }] },
      '/prices/0/section invalid_reference',
    ],
  ];
  for (const [given, fault] of cases) {
    const refused = await ask(given);
    assert.deepEqual([refused.status, faults(refused)], [422, [fault]], JSON.stringify(given));
  }
  assert.equal(
    (await office.ask('POST', '/events/series', { by: 'client', body: {} })).body.code,
    'forbidden',
  );
  assert.deepEqual(await office.rows('select count(*) from events.event'), before);
});

test('a scope says which dates are meant: those that cannot make the move stay as they are', async () => {
  const { seriesId, events } = await series(evenings(1, 2, 3, 4));
  const post = (date: number, verb: string, body: object = {}) =>
    office.post(`/events/${events[date]?.id}/${verb}`, body);
  await post(1, 'publish');
  assert.deepEqual(await states(seriesId), ['draft', 'onSale', 'draft', 'draft']);
  await post(2, 'publish', { scope: 'following' });
  assert.deepEqual(await states(seriesId), ['draft', 'onSale', 'onSale', 'onSale']);
  await post(3, 'cancel', { scope: 'this' });
  await post(1, 'pause', { scope: 'all' });
  assert.deepEqual(await states(seriesId), ['draft', 'paused', 'paused', 'cancelled']);
  assert.equal((await post(3, 'resume', { scope: 'all' })).body.code, 'wrong_state');
  assert.deepEqual(await states(seriesId), ['draft', 'paused', 'paused', 'cancelled']);
  await post(1, 'resume', { scope: 'following' });
  assert.deepEqual(await states(seriesId), ['draft', 'onSale', 'onSale', 'cancelled']);
  assert.deepEqual(faults(await post(1, 'cancel', { scope: 'some' })), ['/scope invalid_value']);
});

test('cancelling all dates ends their holds, and says for each of them who has places; what is over stays', async () => {
  const { seriesId, events } = await series(evenings(1, 2, 3));
  const [past, first, second] = events;
  assert.ok(past && first && second);
  await office.post(`/events/${past.id}/publish`, { scope: 'all' });
  const sold = [await lineOf(first, 2), await lineOf(second, 3)];
  const bookings: Answer[] = [];
  for (const line of sold) bookings.push(await office.sold([line]));
  const held = await office.hold(await lineOf(second, 1));
  await office.patch(`/events/${past.id}`, {
    startsAt: '2020-05-01T18:00:00Z',
    endsAt: '2020-05-01T21:00:00Z',
  });
  const { body } = await office.post(`/events/${first.id}/cancel`, { scope: 'all', reason: 'Flood' });
  const { bookings: count, places } = body['affected'] as { bookings: number; places: number };
  assert.deepEqual([count, places, body['dates']], [2, 5, [first.id, second.id]]);
  assert.deepEqual(await states(seriesId), ['ended', 'cancelled', 'cancelled']);
  assert.equal((await office.post(`/bookings/${String(held.body['id'])}/confirm`)).body.code, 'hold_expired');
  const told = await office.rows(
    `select booking_id as id, payload from engine.change where type = 'booking.eventCancelled' order by seq`,
  );
  assert.deepEqual(
    told,
    [first, second].map(({ id }, i) => ({
      id: bookings[i]?.body['id'],
      payload: { eventId: id, reason: 'Flood' },
    })),
  );
  assert.deepEqual(await office.broken(), []);
});

test('a booking is swapped to another date of its series', async () => {
  const { events } = await series(evenings(1, 2));
  const [first, second] = events;
  assert.ok(first && second);
  await office.post(`/events/${first.id}/publish`, { scope: 'all' });
  const { body } = await office.sold([await lineOf(first, 2)]);
  const { eventId, sectionId } = await lineOf(second, 2);
  const swap = { lines: [{ no: 1, eventId, sectionId }] };
  const moved = await office.ask('POST', `/bookings/${String(body['id'])}/reschedule`, {
    body: swap,
    by: 'client',
  });
  assert.equal(moved.status, 200, moved.text);
  assert.deepEqual(
    [await office.available(first), await office.available(second)],
    [{ Floor: 20 }, { Floor: 18 }],
  );
});

test('one call moves as many dates as it can bear, and says how many are left', async () => {
  const large = await office.venue([{ name: 'Floor', kind: 'standing', capacity: 60_000 }]);
  const { seriesId, events } = await series({ ...evenings(1, 2, 3), venueId: large });
  const publish = async () => {
    const { body } = await office.post(`/events/${events[1]?.id}/publish`, { scope: 'all' });
    return [body['dates'], body['left']];
  };
  const [one, two, three] = events.map(({ id }) => id);
  assert.deepEqual(await publish(), [[two], 2]);
  assert.deepEqual(await publish(), [[two, one], 1]);
  assert.deepEqual(await publish(), [[two, one, three], 0]);
  assert.deepEqual(await states(seriesId), ['onSale', 'onSale', 'onSale']);
});

test('a large hall has fewer dates in one series', async () => {
  const rows = Array.from({ length: 100 }, (_, i) => ({ name: `${i}`, seats: 200 }));
  const hall = await office.venue([{ name: 'Floor', kind: 'seated', rows }]);
  const many = await ask({
    venueId: hall,
    first: { startsAt: '2030-01-01T18:00:00Z' },
    rrule: 'FREQ=DAILY;COUNT=51',
  });
  assert.deepEqual(faults(many), ['/dates too_many_items']);
  assert.match(many.body.detail, /at most 50 dates/);
});

test('two who move all dates at once wait for one another, and sales go on beside them', async () => {
  const { seriesId, events } = await series(evenings(1, 2, 3, 4));
  await office.post(`/events/${events[0]?.id}/publish`, { scope: 'all' });
  const lines = await Promise.all(events.map((event) => lineOf(event, 1)));
  const answers = await Promise.all(
    Array.from({ length: 24 }, (_, i) => {
      const id = events[i % 4]?.id;
      if (i % 3 === 0) return office.hold(...lines);
      return office.post(`/events/${id}/${i % 3 === 1 ? 'pause' : 'resume'}`, { scope: 'all' });
    }),
  );
  const unclean = answers.filter(({ status }) => ![200, 201, 409, 422].includes(status));
  assert.deepEqual(
    unclean.map(({ text }) => text),
    [],
  );
  assert.equal(new Set(await states(seriesId)).size, 1);
  assert.deepEqual(await office.broken(), []);
});
