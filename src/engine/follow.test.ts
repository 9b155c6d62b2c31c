import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { silentLog } from '../../test/database.ts';
import { hold, openFixture, units, type Fixture } from '../../test/engine-fixture.ts';
import type { Told } from '../platform/cache/tags.ts';
import { openFollower, type Follower } from './follow.ts';

let fixture: Fixture;
let seats: string;
let follower: Follower;
let told: string[];
let stretches: { first: number; last: number }[];
let missed: number;
let clock: { at: number; now(): number };
let wakeUp: () => void;
let happened: () => void = () => undefined;

before(async () => {
  fixture = await openFixture();
  seats = await fixture.newStock(100_000);
});
after(() => fixture.close());

beforeEach(async () => {
  told = [];
  stretches = [];
  missed = 0;
  clock = { at: 1_000, now: () => clock.at };
  follower = openFollower({
    db: fixture.database.db,
    log: silentLog,
    wake: { onWake: (listener) => void (wakeUp = listener) },
    everyMs: 3_600_000,
    perf: clock,
    tell: (_tenant, changes: readonly Told[], last) => {
      told.push(...changes.map(({ type }) => type));
      stretches.push({ first: last - changes.length + 1, last });
      happened();
    },
    missed: () => {
      missed += 1;
      happened();
    },
  });
  await follower.listen(fixture.tenant);
});
afterEach(() => follower.stop());

/** Wakes the follower and waits until it says something. */
function heard(): Promise<void> {
  const something = new Promise<void>((resolve) => (happened = resolve));
  wakeUp();
  return something;
}

const sell = () => fixture.perform(hold([units(seats, 1)]));
const moveClock = (seq: string) =>
  fixture.tamper((client) => client.query(`update engine.tenant_clock set ${seq}`));

test('what comes after it began to listen is told, in order and once', async () => {
  await sell();
  await sell();
  await heard();
  await sell();
  await heard();
  assert.deepEqual([told, missed], [['booking.held', 'booking.held', 'booking.held'], 0]);
});

test('what this process wrote itself need not be read, as long as nobody wrote in between', async () => {
  const position = follower.position(fixture.tenant) ?? NaN;
  await sell();
  follower.wrote(fixture.tenant, [position + 1]);
  assert.equal(follower.position(fixture.tenant), position + 1);
  await sell(); // somebody else
  await sell();
  follower.wrote(fixture.tenant, [position + 3]);
  assert.equal(follower.position(fixture.tenant), undefined, 'it is not sure until it has looked');
  await heard();
  assert.equal(told.length, 2);
  while (follower.position(fixture.tenant) === undefined) await setImmediate(); // the look ends after it told
  assert.equal(follower.position(fixture.tenant), position + 3);
});

test('of what is written here and elsewhere while it looks, each change of the others is told once and in order', async () => {
  const { tenant } = fixture;
  const last = async () => {
    const { rows } = await fixture.tamper((client) =>
      client.query<{ seq: string }>('select seq from engine.tenant_clock where tenant_id = $1', [tenant]),
    );
    return Number(rows[0]?.seq);
  };
  const step = fc.constantFrom('wake', 'here', 'elsewhere');
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 10 }), async (steps) => {
      const from = follower.position(tenant) ?? NaN;
      stretches = [];
      const here = new Set<number>();
      for (const what of steps) {
        if (what === 'wake') wakeUp();
        else await sell();
        if (what !== 'here') continue;
        here.add(await last());
        follower.wrote(tenant, [await last()]);
      }
      const to = await last();
      while (follower.position(tenant) !== to) {
        wakeUp();
        await setImmediate();
      }
      let known = from;
      for (const { first, last: end } of stretches) {
        for (known += 1; known < first; known++) assert.ok(here.has(known), `${known} was not told`);
        assert.equal(known, first, 'told twice');
        known = end;
      }
      for (known += 1; known <= to; known++) assert.ok(here.has(known), `${known} was not told`);
      assert.equal(missed, 0);
    }),
    { numRuns: 10 },
  );
});

test('what this process wrote after the changes were read, and before the clock was, is not taken for missed', async () => {
  const { tenant, database } = fixture;
  const gate = Promise.withResolvers<void>();
  let read = Promise.withResolvers<void>();
  let isSlow = false;
  const slow = openFollower({
    log: silentLog,
    db: {
      ...database.db,
      asWorker: async (work) => {
        const found = await database.db.asWorker(work);
        if (isSlow) await gate.promise;
        return found;
      },
      read: async (...asked) => {
        const found = await database.db.read(...asked);
        read.resolve();
        return found;
      },
    },
    wake: { onWake: (listener) => void (wakeUp = listener) },
    everyMs: 3_600_000,
    tell: (_tenant, changes, last) => {
      stretches.push({ first: last - changes.length + 1, last });
      happened();
    },
    missed: () => {
      missed += 1;
      happened();
    },
  });
  await slow.listen(tenant);
  await sell();
  await heard(); // from now on its changes are read beside the clocks
  const position = slow.position(tenant) ?? NaN;
  isSlow = true;
  read = Promise.withResolvers();
  await sell(); // here
  await sell(); // elsewhere
  const something = heard();
  await read.promise;
  slow.wrote(tenant, [position + 1]);
  gate.resolve();
  await something;
  await slow.stop();
  assert.deepEqual([stretches.at(-1), missed], [{ first: position + 2, last: position + 2 }, 0]);
});

test('changes that are gone before they were read, and a feed that went back, are reported as missed', async () => {
  await sell();
  await sell();
  await moveClock('kept_from = seq + 1');
  await heard();
  assert.deepEqual([told.length, missed], [0, 1]);
  await moveClock('seq = seq - 1');
  await heard();
  assert.deepEqual([told.length, missed], [0, 2]);
  await moveClock('seq = seq + 1, kept_from = 1');
});

test('without a look for three seconds nothing is known, until the next one', async () => {
  await sell();
  await heard();
  assert.equal(follower.hears(fixture.tenant), true);
  clock.at += 3_000;
  assert.equal(follower.hears(fixture.tenant), false);
  assert.equal(follower.position(fixture.tenant), undefined);
  await sell();
  await heard();
  while (!follower.hears(fixture.tenant)) await setImmediate();
});
