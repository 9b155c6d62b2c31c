import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nearestSeats } from './alternatives.ts';
import { compare, hall, halls } from './hall.test-double.ts';
import { block } from './orphan.ts';

test('the nearest seats are free, side by side in one row, those of the nearest rows first', () => {
  const near = (drawn: string, wanted: number, count: number) => {
    const { map, free } = hall(drawn);
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
  assert.deepEqual(
    near('ssf|fff ss|ff', 3, 2),
    [
      [4, 5],
      [9, 10],
    ],
    'nor across an aisle',
  );
  assert.deepEqual(near('sssss ffff fffff', 1, 1), [[6], [10]]);
  assert.deepEqual(near('sssss ssss sssss', 1, 1), []);
});

test('of each row the nearest that are side by side are offered, in no other order than how near the row is', () => {
  const asked = fc.record({ wanted: fc.nat(), count: fc.integer({ min: 1, max: 4 }) });
  fc.assert(
    fc.property(halls, asked, (drawn, { wanted: any, count }) => {
      const { map, free, rows, stretches } = hall(drawn);
      const wanted = any % free.length;
      const home = rows[wanted] ?? 0;
      const column = (seat: number) => seat - rows.indexOf(rows[seat] ?? 0);
      const aside = (from: number) => Math.abs(column(from) - column(wanted));
      const nearest = [...new Set(rows)].flatMap((no) => {
        const starts = [...free.keys()].filter((from) => {
          const seats = [...block(from, count)];
          return (
            rows[from] === no && seats.every((at) => free[at] === 1 && stretches[at] === stretches[from])
          );
        });
        const [best] = starts.sort((a, b) => aside(a) - aside(b));
        return best === undefined ? [] : [{ best, rank: [Math.abs(no - home), aside(best), no] }];
      });
      const found = nearestSeats(map, free, { wanted, count, most: map.rows.length });
      assert.deepEqual(
        found.map(([from]) => from),
        nearest.sort((a, b) => compare(a.rank, b.rank)).map(({ best }) => best),
      );
      for (const seats of found) assert.deepEqual(seats, [...block(seats[0] ?? 0, count)]);
    }),
    { numRuns: 2_000 },
  );
});
