import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { Type } from 'typebox';
import { call, testApp, type TestApp } from '../../test/app.ts';
import type { HoldLine } from '../engine/index.ts';
import type { AskedLine, Kind } from '../kinds/kind.ts';
import { ruleViolated } from '../platform/errors.ts';
import { asOwner } from '../platform/migrate.ts';
import { strict } from '../platform/schema.ts';

/** How often good lines were read by a kind that refuses the first line that it does not like. */
let read = 0;
const counted: Kind = {
  name: 'counted',
  lines: {
    counted: strict({
      kind: Type.Literal('counted'),
      about: Type.Unsafe<string>({ type: 'string', enum: ['good', 'wrong', 'one at most'] }),
    }),
  },
  resolve: async (_, asked) => {
    const lines = asked as readonly AskedLine<{ about: string }>[];
    read += lines.filter(({ line }) => line.about === 'good').length;
    const ones = lines.filter(({ line }) => line.about === 'one at most');
    const bad = lines.find(({ line }) => line.about === 'wrong') ?? ones[1];
    if (bad !== undefined) throw ruleViolated(`/lines/${bad.no - 1}/about`, 'invalid_value');
    return { lines: lines.map(({ no }) => lineOf(no)), guards: new Map() };
  },
  alternatives: async () => [],
  routes: () => undefined,
};

function lineOf(no: number): HoldLine {
  const price = { quantity: 1, unitMinor: 0, taxMinor: 0, totalMinor: 0 };
  return { no, kind: 'counted', details: {}, ...price, intervals: [], units: [] };
}

let web: TestApp;
let base: string;
let admin: string;
let tenantId: string;
before(async () => {
  web = await testApp({ more: [counted] });
  const company = await web.tenantWith('admin');
  base = company.base;
  tenantId = company.tenant.id;
  [admin = ''] = company.keys;
});
after(() => web.close());

interface Previewed {
  possible: boolean;
  lines: { no: number; free: boolean; start: string; reasons: { reason: string; detail?: string }[] }[];
  totalMinor: number;
}

async function post(path: string, body: unknown) {
  const answer = await call(web.app, 'POST', `${base}${path}`, { key: admin, body });
  return { status: answer.status, body: answer.body as unknown as Previewed & { id: string } };
}

let named = 0;
async function newRoom(given: Record<string, unknown> = {}): Promise<string> {
  const made = await post('/rooms', {
    name: `Room ${(named += 1)}`,
    building: 'Main',
    capacity: 10,
    ...given,
  });
  return made.body.id;
}

const at = (day: number, hour: number) => new Date(Date.UTC(2030, 4, day, hour)).toISOString();
const line = (roomId: string, day: number, from: number, more: object = {}) => ({
  kind: 'room',
  roomId,
  start: at(day, from),
  end: at(day, from + 2),
  ...more,
});
const told = ({ body }: { body: Previewed }) =>
  body.lines.map(({ no, reasons }) => [no, ...reasons.map((r) => r.reason)]);

test('each line and occurrence is told as free or with its reasons, and nothing is taken', async () => {
  const room = await newRoom({ rules: { maxMinutes: 180 } });
  assert.equal((await post('/holds', { lines: [line(room, 7, 9)] })).status, 201);
  const lines = [
    line(room, 6, 8, { rrule: 'FREQ=DAILY;COUNT=3' }),
    line(room, 20, 8, { end: at(20, 13) }),
    line('0192f0c1-7b1a-7c3e-9a51-0f2d6b1c8e4a', 6, 8),
    line(room, 8, 9),
    line(room, 21, 8, { rrule: 'FREQ=HOURLY;COUNT=3' }),
  ];
  const first = await post('/holds/preview', { lines });
  assert.equal(first.status, 200, JSON.stringify(first.body));
  assert.equal(first.body.possible, false);
  assert.deepEqual(told(first), [
    ...[[1], [2, 'slot_taken'], [3], [4, 'interval_too_long'], [5, 'invalid_reference']],
    ...[
      [6, 'overlaps_own_line'],
      [7, 'recurrence_too_frequent'],
    ],
  ]);
  assert.deepEqual((await post('/holds/preview', { lines })).body, first.body);
  assert.equal(
    (await post('/holds', { lines: [line(room, 6, 8)] })).status,
    201,
    'the first occurrence is still free',
  );
});

test('a preview says what the hold then does, also for series that leave out what is taken', async () => {
  const room = await newRoom();
  assert.equal((await post('/holds', { lines: [line(room, 7, 9)] })).status, 201);
  const body = { lines: [line(room, 6, 8, { rrule: 'FREQ=DAILY;COUNT=3', onConflict: 'skip' })] };
  const preview = await post('/holds/preview', body);
  assert.deepEqual([preview.body.possible, told(preview)], [true, [[1], [2, 'slot_taken'], [3]]]);
  const strict = await post('/holds/preview', { lines: [line(room, 6, 8, { rrule: 'FREQ=DAILY;COUNT=3' })] });
  assert.equal(strict.body.possible, false);
  assert.equal((await post('/holds', body)).status, 201);
  assert.deepEqual((await post('/holds/preview', body)).body.possible, false, 'now all of it is taken');
});

test('a line is not read again for every other line that is refused, and lines refused only together are told too', async () => {
  read = 0;
  const good = Array.from({ length: 10 }, () => ({ kind: 'counted', about: 'good' }));
  const wrong = Array.from({ length: 38 }, () => ({ kind: 'counted', about: 'wrong' }));
  const twice = Array.from({ length: 2 }, () => ({ kind: 'counted', about: 'one at most' }));
  const answer = await post('/holds/preview', { lines: [...good, ...wrong, ...twice] });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  assert.equal(told(answer).filter(([, reason]) => reason === 'invalid_value').length, 39);
  assert.ok(read <= 50, `ten lines were read ${read} times`);
});

test('a series of which every occurrence breaks a rule is not left out as a whole, and the preview knows', async () => {
  const [free, strict] = [await newRoom(), await newRoom({ rules: { maxMinutes: 60 } })];
  const series = line(strict, 6, 8, { rrule: 'FREQ=DAILY;COUNT=2', onConflict: 'skip' });
  const body = { lines: [line(free, 6, 8), series] };
  const preview = await post('/holds/preview', body);
  assert.deepEqual(told(preview), [[1], [2, 'interval_too_long'], [3, 'interval_too_long']]);
  assert.equal((await post('/holds', body)).status, 422);
  assert.equal(preview.body.possible, false);
});

test('limits that nobody has touched yet are seen, and a preview makes no row of them', async () => {
  const room = await newRoom({ rules: { quota: { perDay: { bookings: 1 } } } });
  const before = await rows();
  assert.equal((await post('/holds/preview', { lines: [line(room, 6, 8)] })).body.possible, true);
  const twice = await post('/holds/preview', { lines: [line(room, 6, 8), line(room, 6, 12)] });
  assert.deepEqual(told(twice), [[1], [2, 'limit_reached']]);
  assert.equal(await rows(), before);
  assert.equal((await post('/holds', { lines: [line(room, 6, 8)] })).status, 201);
  assert.deepEqual(told(await post('/holds/preview', { lines: [line(room, 6, 12)] })), [
    [1, 'limit_reached'],
  ]);
});

test('a preview waits for nobody: it answers while somebody holds the lock of the room', async () => {
  const room = await newRoom();
  await asTenant(async (client) => {
    await client.query('begin');
    await client.query('select from engine.calendar where resource_id = $1 for update', [room]);
    assert.equal((await post('/holds/preview', { lines: [line(room, 6, 8)] })).body.possible, true);
    await client.query('rollback');
  });
});

/** Everything that a hold would write. */
const rows = () =>
  asTenant(async (client) => {
    const tables = ['stock', 'booking', 'change', 'idempotency', 'interval_claim', 'stock_claim'];
    const counts = tables.map((table) => `(select count(*) from engine.${table})`);
    return (await client.query<{ n: string }>(`select ${counts.join(' + ')} as n`)).rows[0]?.n;
  });

function asTenant<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  return asOwner(web.database.ownerUrl, async (client) => {
    await client.query(`set holdfast.tenant = '${tenantId}'`);
    return work(client);
  });
}
