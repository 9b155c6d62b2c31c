import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUuid } from '../../platform/schema.ts';
import { uuidV7 } from '../../platform/id.ts';
import { seatId, seatOf, sectionId } from './place.ts';

test("ids of places are UUIDs that name their section and sort as the places do, behind their section's", () => {
  const event = uuidV7();
  const sections = [1, 2, 200].map((no) => sectionId(event, no));
  const ids = sections.flatMap((section) => [
    section,
    ...[1, 15, 16, 100_000].map((no) => seatId(section, no)),
  ]);
  assert.ok(ids.every(isUuid));
  assert.deepEqual([...ids].sort(), ids);
  assert.equal(new Set(ids).size, ids.length);
  for (const section of sections) assert.deepEqual(seatOf(seatId(section, 16)), { section, no: 16 });
});

test('ids of places of two events are never the same', () => {
  assert.notEqual(sectionId(uuidV7(), 1), sectionId(uuidV7(), 1));
});
