import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { admission, BoxOffice, seatLine } from '../../test/box-office.ts';
import { reportBookings } from '../engine/booking-report.ts';
import { asOwner } from '../platform/migrate.ts';
import { DAY_MS } from '../platform/zone.ts';

let office: BoxOffice;
before(async () => (office = await BoxOffice.open()));
after(() => office.close());

/** Two hours on both sides of a midnight of last month: the bookings are moved there. */
const MIDNIGHT = (Math.floor(Date.now() / DAY_MS) - 30) * DAY_MS;
const [EVE, NEXT] = [MIDNIGHT - 3_600_000, MIDNIGHT + 3_600_000];
const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10);
const around = `from=${new Date(MIDNIGHT - 9 * DAY_MS).toISOString()}&to=${new Date(MIDNIGHT + 60 * DAY_MS).toISOString()}`;

const owner = (text: string, values: readonly unknown[]) =>
  asOwner(office.web.database.ownerUrl, (client) => client.query(text, [...values]));

async function booked(at: number, ...lines: object[]): Promise<string> {
  const id = String((await office.hold(...lines)).body['id']);
  assert.equal((await office.post(`/bookings/${id}/confirm`)).status, 200);
  await owner('update engine.booking set created_at = $2 where id = $1', [id, new Date(at)]);
  return id;
}

type Row = Record<string, string | number | null>;
async function report(query = ''): Promise<Row[]> {
  const answer = await office.get(`/reports/bookings?${around}${query}`);
  assert.equal(answer.status, 200, answer.text);
  return answer.body['data'] as Row[];
}

const NONE = {
  requested: 0,
  confirmed: 0,
  noShows: 0,
  cancelled: 0,
  declined: 0,
  quantity: 0,
  revenueMinor: 0,
};
const row = (at: number, kind: string, given: Row): Row => ({
  ...{ period: dayOf(at), kind, currency: 'EUR', ...NONE, meanLeadHours: null },
  ...given,
});

test('what all kinds booked is told by the day, with what became of it and what it earned', async () => {
  const event = await office.event({
    prices: [
      { section: 'Floor', amountMinor: 1_500 },
      { section: 'Stalls', amountMinor: 4_000 },
    ],
  });
  const seats = await office.seats(event);
  const { body: room } = await office.post('/rooms', { name: 'Foyer', building: 'Hall', capacity: 9 });
  const hour = (at: number) => ({
    kind: 'room',
    roomId: room['id'],
    start: new Date(Date.UTC(2031, 0, 6, at)).toISOString(),
    end: new Date(Date.UTC(2031, 0, 6, at + 1)).toISOString(),
  });
  await booked(EVE, admission(event, 'Floor', 3), seatLine(event, seats[0], seats[1]), hour(10));
  const partly = await booked(EVE, hour(12), hour(14));
  await office.post(`/bookings/${partly}/cancel`, { lines: [2] });
  await office.post(`/bookings/${await booked(NEXT, seatLine(event, seats[5]))}/cancel`);
  const absent = await booked(NEXT, admission(event, 'Floor', 1));
  await owner(`update engine.booking set state = 'noShow' where id = $1`, [absent]);
  await office.hold(admission(event, 'Floor', 4)); // a hold is no booking

  const leadHours = (Date.UTC(2031, 0, 6, 11) - EVE) / 3_600_000;
  assert.deepEqual(await report(), [
    row(EVE, 'admission', { made: 1, confirmed: 1, quantity: 3, revenueMinor: 4_500 }),
    row(EVE, 'room', { made: 3, confirmed: 2, cancelled: 1, quantity: 2, meanLeadHours: leadHours }),
    row(EVE, 'seat', { made: 1, confirmed: 1, quantity: 2, revenueMinor: 8_000 }),
    row(NEXT, 'admission', { made: 1, noShows: 1, quantity: 1, revenueMinor: 1_500 }),
    row(NEXT, 'seat', { made: 1, cancelled: 1 }),
  ]);
});

test('the days are those of the clock of the company, and months add them up', async () => {
  const { db } = office.web.database;
  const window = { startsAt: MIDNIGHT - 9 * DAY_MS, endsAt: MIDNIGHT + 60 * DAY_MS };
  const far = { ...office.tenant, timezone: 'America/New_York' };
  const days = await reportBookings(db, far, window, 'day');
  assert.deepEqual(
    days.map(({ period, kind, made }) => ({ period, kind, made })),
    [
      { period: dayOf(EVE), kind: 'admission', made: 2 },
      { period: dayOf(EVE), kind: 'room', made: 3 },
      { period: dayOf(EVE), kind: 'seat', made: 2 },
    ],
  );
  const months = await report('&per=month');
  assert.ok(months.every(({ period }) => String(period).endsWith('-01')));
  const made = (rows: readonly Row[]) => rows.reduce((sum, each) => sum + Number(each['made']), 0);
  assert.equal(made(months), made(await report()));
});

test('as CSV it has the same rows', async () => {
  const { text } = await office.get(`/reports/bookings?${around}&format=csv`);
  const rows = parse(text, { columns: true }) as Record<string, string>[];
  const expected = (await report()).map((each) =>
    Object.fromEntries(Object.entries(each).map(([name, value]) => [name, String(value ?? '')])),
  );
  assert.deepEqual(
    rows.map((each) => ({ ...each })),
    expected,
  );
});

test('it is for staff, tells nothing of other companies, and refuses what it cannot tell', async () => {
  const path = `/reports/bookings?${around}`;
  assert.equal((await office.ask('GET', path, { by: 'client' })).body.code, 'forbidden');
  assert.equal((await office.ask('GET', path, { by: 'public' })).body.code, 'unauthenticated');
  assert.deepEqual((await (await office.neighbour()).get(path)).body['data'], []);
  for (const [query, code] of [
    ['from=2031-01-02T00:00:00Z&to=2031-01-01T00:00:00Z', 'rule_violated'],
    ['from=2031-01-01T00:00:00Z&to=2031-06-01T00:00:00Z', 'rule_violated'],
    [`${around}&per=year`, 'rule_violated'],
    [`${around}&format=xlsx`, 'rule_violated'],
    [`${around}&format=csv&format=json`, 'malformed'],
  ] as const)
    assert.equal((await office.get(`/reports/bookings?${query}`)).body.code, code, query);
});
