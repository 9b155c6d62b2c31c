import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { silentLog } from '../../test/database.ts';
import { hold, on, openFixture, units, type Fixture } from '../../test/engine-fixture.ts';
import { createTenant } from '../people/tenant.ts';
import { openDatabase } from '../platform/db.ts';
import { openWakeUp } from '../platform/wake.ts';
import { readOn, startFeed, type Change, type Reader } from './feed.ts';
import { openEngine } from './index.ts';

let fixture: Fixture;
let seats: string;
before(async () => {
  fixture = await openFixture();
  seats = await fixture.newStock(100_000);
});
after(() => fixture.close());

const missed = async () => assert.fail('nothing was dropped');

let named = 0;
/** A reader that remembers what it read. */
function recorder(given: Partial<Reader> = {}): Reader & { seen: Change[] } {
  const seen: Change[] = [];
  return {
    name: `recorder ${(named += 1)}`,
    seen,
    read: async (_tx, changes) => void seen.push(...changes),
    missed,
    ...given,
  };
}

const sell = (count: number) =>
  Promise.all(Array.from({ length: count }, () => fixture.perform(hold([units(seats, 1)]))));
const lastSeq = () => fixture.count('select seq from engine.tenant_clock');

test('a reader gets every change once, in order, with what it tells', async () => {
  const asked = hold([units(seats, 1)], { actor: 'key:a' });
  await fixture.perform(asked);
  await fixture.perform(on('confirm', asked.bookingId));
  await sell(700); // more than one page
  const reader = recorder();
  assert.equal(await readOn(fixture.database.db, reader), await lastSeq());
  assert.deepEqual(
    reader.seen.map((change) => change.seq),
    reader.seen.map((_, i) => i + 1),
  );
  const { at: _at, ...first } = reader.seen[0] as Change;
  assert.deepEqual(first, {
    seq: 1,
    type: 'booking.held',
    bookingId: asked.bookingId,
    resourceIds: [seats],
    actor: 'key:a',
    payload: {},
  });
  assert.equal(await readOn(fixture.database.db, reader), 0);
});

test('a reader that fails stays where it was, and loses nothing', async () => {
  let fail = true;
  const reader = recorder();
  const shaky: Reader = {
    name: reader.name,
    missed,
    read: async (tx, changes) => {
      if (fail) throw new Error('not today');
      await reader.read(tx, changes);
    },
  };
  await assert.rejects(readOn(fixture.database.db, shaky), /not today/);
  fail = false;
  assert.equal(await readOn(fixture.database.db, shaky), await lastSeq());
});

test('two processes with one reader share the changes: each is read exactly once', async () => {
  const seen: number[] = [];
  const reader: Reader = {
    name: 'shared',
    missed,
    read: async (_tx, changes) => void seen.push(...changes.map(({ seq }) => seq)),
  };
  await Promise.all([1, 2, 3].map(() => readOn(fixture.database.db, reader)));
  await readOn(fixture.database.db, reader);
  assert.equal(new Set(seen).size, seen.length);
  assert.equal(seen.length, await lastSeq());
});

test('while two processes write, one of them committing late, a reader never skips a change', async () => {
  const { servingUrl, db } = fixture.database;
  const other = openDatabase({ url: servingUrl, size: 4, named: true, log: silentLog });
  const engines = [fixture.engine, openEngine({ db: other, log: silentLog, width: 2, guarded: true })];
  const reader = recorder();
  const from = await lastSeq();
  let selling = true;
  const sales = Promise.all(
    engines.map(async (engine) => {
      for (let i = 0; i < 150; i++) await engine.perform(fixture.tenant, hold([units(seats, 1)]));
    }),
  ).then(() => (selling = false));
  // A writer that has its number and commits late: those behind it must wait, or the reader would pass it by.
  const late = fixture.tamper(async (client) => {
    for (let i = 0; i < 20; i++) {
      await client.query('begin');
      await client.query(`with k as (update engine.tenant_clock set seq = seq + 1 returning tenant_id, seq)
        insert into engine.change select tenant_id, seq, now(), 'late', null, '{}', 'test', '{}' from k`);
      await client.query('select count(*) from engine.change');
      await client.query('commit');
    }
  });
  while (selling) await readOn(db, reader);
  await Promise.all([sales, late]);
  await readOn(db, reader);
  assert.deepEqual(
    reader.seen.map((change) => change.seq),
    Array.from({ length: await lastSeq() }, (_, i) => i + 1),
  );
  assert.equal(reader.seen.length, from + 320);
  await other.close();
});

test('a running feed is woken by the commit of another process, long before its next look', async () => {
  const { servingUrl } = fixture.database;
  const [here, there] = [openWakeUp(servingUrl, silentLog), openWakeUp(servingUrl, silentLog)];
  const other = openDatabase({ url: servingUrl, size: 2, named: true, log: silentLog, onChange: there.ring });
  const engine = openEngine({ db: other, log: silentLog, width: 1, guarded: true });
  let arrived: () => void = () => undefined;
  const wanted = hold([units(seats, 1)]);
  const told = new Promise<void>((resolve) => (arrived = resolve));
  const reader = recorder({
    read: async (_tx, changes) => {
      if (changes.some((change) => change.bookingId === wanted.bookingId)) arrived();
    },
  });
  const stop = startFeed({
    db: fixture.database.db,
    log: silentLog,
    readers: [reader],
    wake: here,
    everyMs: 3_600_000,
  });
  await engine.perform(fixture.tenant, wanted);
  await told;
  await stop();
  await Promise.all([here.close(), there.close(), other.close()]);
});

test('a tenant whose changes a reader fails on holds up nobody else', async () => {
  const { db } = fixture.database;
  const other = (await createTenant(db, { slug: 'other' })).id;
  await fixture.engine.perform(other, { verb: 'resize', actor: 'test', rows: [] });
  const seen = new Set<string>();
  const picky: Reader = {
    name: 'picky',
    missed,
    read: async (tx) => {
      seen.add(tx.tenant);
      if (tx.tenant === fixture.tenant) throw new Error('not that one');
    },
  };
  await assert.rejects(readOn(db, picky), /not that one/);
  assert.deepEqual(seen, new Set([fixture.tenant, other]));
  const read = `select seq from engine.feed_position where reader = 'picky' and tenant_id = '${other}'`;
  assert.equal(await fixture.count(read), 1);
});
