import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { hold, openFixture, slot, type Fixture } from '../../test/engine-fixture.ts';
import { resourceTag } from '../platform/cache/tags.ts';
import { openTouched, type Touched } from './touched.ts';

let fixture: Fixture;
let touched: Touched;
let position: number | undefined;
let rooms: string[];

before(async () => {
  fixture = await openFixture();
  rooms = [await fixture.newCalendar(), await fixture.newCalendar(), await fixture.newCalendar()];
});
after(() => fixture.close());
beforeEach(() => (touched = openTouched(fixture.database.db, () => position)));

let hour = 0;
/** A hold of one of the rooms; answers how far the changes have come. */
async function book(room: number): Promise<number> {
  await fixture.perform(hold([slot(rooms[room] ?? '', (hour += 2))]));
  return (position = await fixture.count('select seq from engine.tenant_clock'));
}
const isTouched = (room: number, since: number) =>
  touched.isTouched(fixture.tenant, [resourceTag(rooms[room] ?? '')], since);
const told = (room: number, last: number) =>
  touched.told(fixture.tenant, [{ type: 'booking.held', resourceIds: [rooms[room] ?? ''] }], last);

test('what was changed before it began is read back, as far as it goes', async () => {
  const before = await book(0);
  const after = await book(1);
  assert.equal(await isTouched(0, before), false);
  assert.equal(await isTouched(1, before), true);
  assert.equal(await isTouched(1, after), false);
  assert.equal(await touched.isTouched(fixture.tenant, ['room'], before), false);
  assert.equal(await touched.isTouched(fixture.tenant, ['room', 'booking'], before), true);
});

test('what it is told afterwards counts, and nothing of it is read again', async () => {
  const before = await book(0);
  assert.equal(await isTouched(2, before), false);
  position = before + 2;
  told(2, before + 2);
  assert.deepEqual([await isTouched(2, before + 1), await isTouched(2, before + 2)], [true, false]);
});

test('what is dropped of the feed is not known, nor is anything while the position is not sure', async () => {
  const before = await book(0);
  const last = await book(1);
  await fixture.tamper((client) => client.query(`delete from engine.change where seq <= ${last - 1}`));
  assert.equal(await isTouched(2, before), false, 'the one after it is still there');
  assert.equal(await isTouched(2, before - 1), true);
  position = undefined;
  assert.equal(await isTouched(2, last), true);
});

test('after a gap it knows nothing from before it', async () => {
  const before = await book(0);
  assert.equal(await isTouched(2, before), false);
  const seen = position ?? NaN;
  position = seen + 10_000; // further than is read back
  touched.forget(fixture.tenant);
  assert.equal(await isTouched(2, before), true);
  assert.equal(await isTouched(2, position), false);
});

test('where there is no room for a tag, what lies before its last change is not known', async () => {
  touched = openTouched(fixture.database.db, () => position, 4);
  const begun = await book(0);
  assert.equal(await isTouched(0, begun), false);
  for (const [i, room] of [0, 1, 2].entries()) told(room, begun + 1 + i); // with `booking`, four tags
  touched.told(fixture.tenant, [{ type: 'room.updated', resourceIds: [] }], begun + 4);
  position = begun + 4;
  assert.equal(await isTouched(1, begun + 2), false);
  assert.equal(await isTouched(2, begun), true, 'the tag changed longest ago was forgotten');
});
