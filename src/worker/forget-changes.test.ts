import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { hold, openFixture, units, type Fixture } from '../../test/engine-fixture.ts';
import { readOn, type Reader } from '../engine/feed.ts';
import { DAY_MS } from '../platform/zone.ts';
import { forgetChanges } from './forget-changes.ts';

const KEPT_DAYS = 400;

let fixture: Fixture;
let seats: string;
before(async () => {
  fixture = await openFixture();
  seats = await fixture.newStock(100_000);
});
after(() => fixture.close());
/** What the tests before left is gone. */
beforeEach(() => forgetChanges(fixture.database.db, 0, Date.now() + 1_000 * DAY_MS));

async function sell(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await fixture.perform(hold([units(seats, 1)]));
}
const dropped = (inDays: number, atOnce?: number) =>
  forgetChanges(fixture.database.db, KEPT_DAYS, Date.now() + inDays * DAY_MS, atOnce);
const keptFrom = () => fixture.count('select kept_from from engine.tenant_clock');
const kept = () => fixture.count('select count(*) from engine.change');

let named = 0;
function recorder(): Reader & { seen: number[]; gaps: number[] } {
  const seen: number[] = [];
  const gaps: number[] = [];
  return {
    name: `recorder ${(named += 1)}`,
    seen,
    gaps,
    read: async (_tx, changes) => void seen.push(...changes.map(({ seq }) => seq)),
    missed: async (_tx, until) => void gaps.push(until),
  };
}
const catchUp = (reader: Reader) => readOn(fixture.database.db, reader);
/** Ends a reader, so that the next test need not wait for it. */
const retire = (reader: Reader) =>
  fixture.tamper((client) =>
    client.query('delete from engine.feed_position where reader = $1', [reader.name]),
  );

test('what is older than it is kept goes, a bounded number at a time, and the feed says where it begins', async () => {
  const begun = await keptFrom();
  await sell(5);
  assert.equal(await dropped(KEPT_DAYS - 1), 0);
  assert.deepEqual([await dropped(KEPT_DAYS + 1, 3), await keptFrom(), await kept()], [3, begun + 3, 2]);
  assert.equal(await dropped(KEPT_DAYS + 1, 3), 2);
  assert.deepEqual([await dropped(KEPT_DAYS + 1, 3), await keptFrom(), await kept()], [0, begun + 5, 0]);
});

test('what a reader has not read stays for it, however old', async () => {
  const reader = recorder();
  await sell(2);
  await catchUp(reader);
  await sell(3);
  assert.equal(await dropped(KEPT_DAYS + 29), 2);
  await catchUp(reader);
  assert.deepEqual([reader.seen.length, reader.gaps], [5, []]);
  assert.equal(await dropped(KEPT_DAYS + 29), 3);
  await retire(reader);
});

test('a reader that is given up holds up nobody for ever, and is told what it missed when it comes back', async () => {
  const reader = recorder();
  const begun = await keptFrom();
  await sell(1);
  await catchUp(reader);
  await sell(4);
  assert.equal(await dropped(KEPT_DAYS + 31, 3), 3);
  await catchUp(reader);
  assert.deepEqual([reader.gaps, reader.seen], [[begun + 2], [begun, begun + 3, begun + 4]]);
  await sell(2);
  await dropped(KEPT_DAYS + 31);
  await catchUp(reader);
  assert.deepEqual(reader.gaps, [begun + 2, begun + 6], 'also when nothing came after it');
  assert.equal(await catchUp(reader), 0);
  await retire(reader);
});
