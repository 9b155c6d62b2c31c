import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { fill } from '../../bench/fill.ts';
import { call, testApp, type TestApp } from '../../test/app.ts';
import { fileIn } from '../../test/exported.ts';
import { asOwner } from '../platform/migrate.ts';

const BOOKINGS = 20_000;
let web: TestApp;
let base: string;
let staff: string;
let client: string;
let other: { base: string; key: string };
let origin: string;

before(async () => {
  web = await testApp();
  const company = await web.tenantWith('staff', 'client');
  base = company.base;
  [staff = '', client = ''] = company.keys;
  const neighbour = await web.tenantWith('staff');
  other = { base: neighbour.base, key: neighbour.keys[0] ?? '' };
  await fill(web.database.ownerUrl, company.tenant.id, { bookings: BOOKINGS, rooms: 100, places: 100 });
  await web.app.listen({ port: 0, host: '127.0.0.1' });
  origin = `http://127.0.0.1:${(web.app.server.address() as AddressInfo).port}`;
});
after(() => web.close());

const get = (query = '', key = staff) => call(web.app, 'GET', `${base}/bookings/export${query}`, { key });
const owner = <T extends object>(sql: string) =>
  asOwner(web.database.ownerUrl, async (db) => (await db.query<T>(sql)).rows);

/** The same over a real connection, on which nobody has read yet. */
async function open(): Promise<IncomingMessage> {
  const asked = request(`${origin}${base}/bookings/export`, {
    headers: { authorization: `Bearer ${staff}` },
  });
  const [answer] = (await once(asked.end(), 'response')) as [IncomingMessage];
  return answer;
}

describe('an export of bookings', () => {
  test('has every booking once, oldest first, and says at its end how many there are and what they add up to', async () => {
    const answer = await get();
    assert.equal(answer.status, 200);
    assert.match(String(answer.headers['content-disposition']), /filename="bookings.csv"/);
    const { rows, sha256, body } = fileIn(answer.text);
    assert.equal(rows, BOOKINGS);
    assert.equal(sha256, createHash('sha256').update(body).digest('hex'));
    const found = parse(body, { columns: true }) as Record<string, string>[];
    const kept = await owner<{ id: string; reference: string; total: string }>(
      'select id, reference, total_minor as total from engine.booking order by id',
    );
    assert.deepEqual(
      found.map(({ id, reference, totalMinor }) => ({ id, reference, total: totalMinor })),
      kept,
    );
  });

  test('is of one client when told so', async () => {
    const body = { firstName: 'Ada', lastName: 'Byron', email: 'ada@example.org' };
    const made = await call(web.app, 'POST', `${base}/clients`, { key: staff, body });
    const id = String(made.body['id']);
    const hers = await owner<{ id: string }>(
      `update engine.booking set client_id = '${id}' where id in (select id from engine.booking limit 3) returning id`,
    );
    const { rows, body: csv } = fileIn((await get(`?clientId=${id}`)).text);
    const found = parse(csv, { columns: true }) as Record<string, string>[];
    assert.equal(rows, 3);
    assert.deepEqual(
      found.map((row) => row['id']),
      hers.map((row) => row.id).sort(),
    );
    assert.equal(fileIn((await get(`?clientId=${hers[0]?.id}`)).text).rows, 0);
  });

  test('says the same as NDJSON, with the lines as they are', async () => {
    const { text } = await get('?format=ndjson&state=noShow');
    const lines = text.trimEnd().split('\n');
    const { end } = JSON.parse(lines.pop() ?? '') as { end: { rows: number; sha256: string } };
    const body = lines.map((line) => `${line}\n`).join('');
    assert.equal(end.sha256, createHash('sha256').update(body).digest('hex'));
    const csv = fileIn((await get('?format=csv&state=noShow')).text);
    assert.equal(csv.rows, end.rows);
    const cells = parse(csv.body, { columns: true }) as Record<string, string>[];
    for (const [i, line] of lines.entries()) {
      const { lines: booked, ...row } = JSON.parse(line) as Record<string, unknown>;
      const { lines: cell, ...others } = cells[i] ?? {};
      assert.deepEqual(JSON.parse(cell ?? ''), booked);
      assert.deepEqual(
        Object.fromEntries(
          Object.entries(row).map(([name, value]) => [name, value === null ? '' : String(value)]),
        ),
        others,
      );
    }
  });

  test('takes the filters of the list, and the time in which they were made', async () => {
    const [one] = await owner<{ reference: string; at: string; count: string }>(
      `with one as (select * from engine.booking order by id offset 5000 limit 1)
       select one.reference, to_char(one.created_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as at, (
         select count(*) from engine.booking o where o.created_at < one.created_at) as count
       from one`,
    );
    assert.ok(one);
    const named = fileIn((await get(`?reference=${one.reference.toLowerCase()}`)).text);
    assert.equal(named.rows, 1);
    assert.equal(fileIn((await get(`?to=${one.at}`)).text).rows, Number(one.count));
    assert.equal(fileIn((await get(`?from=${one.at}`)).text).rows, BOOKINGS - Number(one.count));
    assert.equal(fileIn((await get(`?from=${one.at}&to=${one.at}`)).text).rows, 0);
  });

  test('is for staff, and shows a company nothing of another', async () => {
    assert.equal((await get('', client)).body.code, 'forbidden');
    assert.equal((await call(web.app, 'GET', `${base}/bookings/export`)).body.code, 'unauthenticated');
    const foreign = await call(web.app, 'GET', `${other.base}/bookings/export`, { key: other.key });
    assert.equal(fileIn(foreign.text).rows, 0);
  });

  test('is refused with a format or filters that do not exist', async () => {
    for (const query of ['?format=xlsx', '?state=gone', '?from=yesterday', '?limit=5'])
      assert.equal((await get(query)).body.code, 'rule_violated', query);
    assert.equal((await get('?format=csv&format=csv')).body.code, 'malformed');
  });

  test('that is cut in the middle never ends as if it were whole', async () => {
    const answer = await open();
    answer.once('data', () => answer.pause());
    await once(answer, 'pause'); // the server has filled the connection and waits
    await owner('alter table engine.booking rename to booking_away');
    try {
      await assert.rejects(text(answer), /aborted/);
    } finally {
      await owner('alter table engine.booking_away rename to booking');
    }
  });

  test('begins only while few others are being written, and makes room when its reader goes', async () => {
    const running = await Promise.all([open(), open()]);
    const refused = await get();
    assert.equal(refused.body.code, 'unavailable');
    assert.ok(refused.headers['retry-after']);
    for (const answer of running) answer.destroy();
    for (let status = 503; status === 503;) ({ status } = await get('?state=requested'));
  });
});
