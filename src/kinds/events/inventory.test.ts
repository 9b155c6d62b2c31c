import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BoxOffice, seatLine, admission } from '../../../test/box-office.ts';

let office: BoxOffice;
before(async () => {
  office = await BoxOffice.open();
});
after(() => office.close());

test('the inventory shows each section and, when asked, each seat where it stands', async () => {
  const event = await office.event();
  const plain = await office.get(`/events/${event.id}/inventory`);
  assert.equal(plain.headers['content-type'], 'application/json; charset=utf-8');
  const section = { amountMinor: 1_000, category: null };
  assert.deepEqual(plain.body, {
    eventId: event.id,
    sections: [
      {
        ...section,
        id: event.section('Floor'),
        name: 'Floor',
        kind: 'standing',
        capacity: 50,
        available: 50,
      },
      {
        ...section,
        id: event.section('Stalls'),
        name: 'Stalls',
        kind: 'seated',
        capacity: 20,
        available: 20,
      },
    ],
    version: 2,
  });
  const { seats, ...rest } = await office.inventory(event);
  assert.deepEqual(rest, plain.body);
  const seen = seats.map(({ row, number, state, sectionId }) => [row, number, state, sectionId].join(' '));
  const expected = ['A', 'B'].flatMap((row) =>
    Array.from({ length: 10 }, (_, i) => `${row} ${i + 1} free ${event.section('Stalls')}`),
  );
  assert.deepEqual(seen, expected);
  assert.equal(new Set(seats.map(({ id }) => id)).size, 20);
});

test('a seat is free, held or sold', async () => {
  const event = await office.event();
  const seats = await office.seats(event);
  const sold = await office.hold(seatLine(event, seats[1]));
  await office.post(`/bookings/${String(sold.body['id'])}/confirm`);
  await office.hold(seatLine(event, seats[2]));
  const states = (await office.inventory(event)).seats.slice(0, 4).map(({ state }) => state);
  assert.deepEqual(states, ['free', 'sold', 'held', 'free']);
});

test('what an expired hold has is free at once, with nothing running in the background', async () => {
  const event = await office.event();
  const [seat] = await office.seats(event);
  const lines = [seatLine(event, seat), admission(event, 'Floor', 50)];
  const held = await office.post('/holds', { lines, ttlSeconds: 1 });
  assert.deepEqual(await office.available(event), { Floor: 0, Stalls: 19 });
  const expiresAt = Date.parse(String(held.body['expiresAt']));
  while (Date.now() <= expiresAt + 5) await office.get(`/events/${event.id}`);
  assert.deepEqual(await office.available(event), { Floor: 50, Stalls: 20 });
  assert.equal((await office.inventory(event)).seats[0]?.state, 'free');
  assert.equal((await office.hold(...lines)).status, 201);
});

test('names of rows and sections may have any letters', async () => {
  const name = 'Rang "links" \\ 2 ß';
  const venueId = await office.venue([{ name, kind: 'seated', rows: [{ name, seats: 1 }] }]);
  const { sections, seats } = await office.inventory(await office.event({ venueId }));
  assert.deepEqual([sections[0]?.name, seats[0]?.row], [name, name]);
});

const ENOUGH_MS = 5_000;
/** Far above what it takes, and far below what looking at every hold for every seat would. */
const SHOWN_MS = 1_000;

test('a venue of 20 000 seats and its event are made and published in under 5 s, and shown whole at once', async (t) => {
  const begun = performance.now();
  const block = (name: string) => ({
    name,
    kind: 'seated',
    rows: Array.from({ length: 200 }, (_, row) => ({ name: `Row ${row + 1}`, seats: 50 })),
  });
  const venueId = await office.venue([block('West'), block('East')]);
  const event = await office.event({ venueId });
  const made = performance.now() - begun;
  assert.ok(made < ENOUGH_MS, `${made} ms`);
  const seats = await office.seats(event);
  assert.equal(new Set(seats).size, 20_000);

  const rows = Array.from({ length: 100 }, (_, row) => seats.slice(row * 50, row * 50 + 50));
  const held = await Promise.all(rows.map((row) => office.hold(seatLine(event, ...row))));
  assert.ok(held.every(({ status }) => status === 201));
  const asked = performance.now();
  const { seats: shown } = await office.inventory(event);
  const took = performance.now() - asked;
  assert.equal(shown.filter(({ state }) => state === 'held').length, 5_000);
  assert.ok(took < SHOWN_MS, `${took} ms`);
  t.diagnostic(`made in ${Math.round(made)} ms, shown in ${Math.round(took)} ms`);
});

test('a published event of 20 000 seats that nobody wanted can be removed', async () => {
  const rows = Array.from({ length: 20 }, (_, row) => ({ name: `Row ${row + 1}`, seats: 1_000 }));
  const venueId = await office.venue([{ name: 'All', kind: 'seated', rows }]);
  const event = await office.event({ venueId });
  assert.equal((await office.remove(`/events/${event.id}`)).status, 204);
  assert.equal((await office.get(`/events/${event.id}`)).status, 404);
  assert.deepEqual(await office.broken(), []);
});
