import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUuid } from '../../platform/schema.ts';
import { uuidV7 } from '../../platform/id.ts';
import { nearestSeats } from './alternatives.ts';
import { seatId, seatOf, sectionId } from './place.ts';
import { toSeatMap } from './seat-map.ts';

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

test('the nearest seats are free, side by side in one row, those of the nearest rows first', () => {
  const near = (hall: string, wanted: number, count: number) => {
    const map = toSeatMap(hall.split(' ').map((row, i) => ({ name: `${i}`, seats: row.length })));
    const free = Uint8Array.from(hall.replaceAll(' ', ''), (letter) => (letter === 'f' ? 1 : 0));
    return nearestSeats(map, free, { wanted: wanted - 1, count, most: 3 }).map((seats) =>
      seats.map((index) => index + 1),
    );
  };
  assert.deepEqual(near('ffsff ssss ffsff', 3, 2), [
    [4, 5],
    [13, 14],
  ]);
  assert.deepEqual(near('sssff ffss sssss', 5, 2), [
    [4, 5],
    [6, 7],
  ]);
  assert.deepEqual(near('ssssf fsss sssss', 5, 2), [], 'a pair does not reach into the next row');
  assert.deepEqual(near('sssss ffff fffff', 1, 1), [[6], [10]]);
  assert.deepEqual(near('sssss ssss sssss', 1, 1), []);
});
