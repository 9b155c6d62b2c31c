import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bestSeats, type Wish } from './best-seats.ts';
import { compare, hall, halls, newlyAlone, type Hall } from './hall.test-double.ts';
import { block, hasBetter, strandedBy } from './orphan.ts';

const wish = (quantity: number, more: Partial<Wish> = {}): Wish => {
  return { quantity, accessible: false, split: false, ...more };
};

function best(drawn: string, asked: Wish): number[] | undefined {
  const { map, free } = hall(drawn);
  return bestSeats(map, free, asked)?.seats;
}

const drawn: readonly [string, string, Wish, number[] | undefined][] = [
  ['the middle of the first row', 'ffffff ffffff', wish(2), [2, 3]],
  ['the middle further back before the side in front', 'fxxxxf xxfxxx', wish(1), [8]],
  ['no single seat is left alone', 'ffxfff xxxxxx', wish(2), [0, 1]],
  ['a single seat is left alone rather than nothing sold', 'xfffx', wish(2), [1, 2]],
  ['a row is not continued in the next', 'xxxf fxxx', wish(2), undefined],
  ['seats for those who need them are kept', 'xxAAxx ffxxxx', wish(2), [6, 7]],
  ['and are sold to whoever asks, no more than needed', 'AAfffx', wish(2, { accessible: true }), [1, 2]],
  ['neighbouring rows, when asked for', 'fxx xfx xxf', wish(2, { split: true }), [0, 4]],
  ['as even as the rows allow', 'ffff ffff xxxx', wish(6, { split: true }), [0, 1, 2, 4, 5, 6]],
  ['not rows that are apart', 'fxx xxx xxf', wish(2, { split: true }), undefined],
  ['nobody sits across an aisle', 'ff|ff ffffxx', wish(3), [5, 6, 7]],
  ['nor is a party split by one', 'ff|f xxxx', wish(3, { split: true }), undefined],
  ['a seat by the aisle is alone where its neighbour is taken', 'fff|fff ffffff', wish(2), [8, 9]],
  ['split with a seat for those who need it', 'fx Ax', wish(2, { split: true, accessible: true }), [0, 2]],
];

for (const [what, where, asked, seats] of drawn)
  test(`the best seats: ${what}`, () => assert.deepEqual(best(where, asked), seats));

const wishes = fc.record({ quantity: fc.integer({ min: 1, max: 4 }), accessible: fc.boolean() });

/** The definition, taken at its word: every block in every row, sorted by what counts. */
function naive(of: Hall, { quantity, accessible }: Pick<Wish, 'quantity' | 'accessible'>) {
  const found: { from: number; rank: number[] }[] = [];
  for (const from of of.free.keys()) {
    const seats = [...block(from, quantity)];
    const special = seats.filter((seat) => of.map.accessible.has(seat)).length;
    if (!isFreeBlock(of, seats) || special > 0 !== accessible) continue;
    const no = of.rows[from] ?? 0;
    const middle = (of.rows.indexOf(no) + of.rows.lastIndexOf(no)) / 2;
    const distance = Math.abs(from + (quantity - 1) / 2 - middle) + no;
    found.push({ from, rank: [newlyAlone(of, seats).length, special, distance, no, from] });
  }
  return found.sort((a, b) => compare(a.rank, b.rank))[0]?.from;
}

/** Whether these are free, with neither the end of a row nor an aisle between them. */
function isFreeBlock({ free, stretches }: Hall, seats: readonly number[]): boolean {
  return seats.every((seat) => free[seat] === 1 && stretches[seat] === stretches[seats[0] ?? 0]);
}

test('the best seats are what a naive picker finds, whatever is free', () => {
  fc.assert(
    fc.property(halls, wishes, (where, asked) => {
      const drawn = hall(where);
      const seats = bestSeats(drawn.map, drawn.free, { ...asked, split: false })?.seats;
      assert.equal(seats?.[0], naive(drawn, asked));
      if (seats !== undefined) assert.deepEqual(seats, [...block(seats[0] ?? 0, asked.quantity)]);
    }),
    { numRuns: 2_000 },
  );
});

test('a split is of free seats, so many as asked for, in rows that follow each other, and only where none is whole', () => {
  fc.assert(
    fc.property(halls, wishes, (where, { quantity }) => {
      const drawn = hall(where);
      const { map, free } = drawn;
      const seats = bestSeats(map, free, wish(quantity, { split: true }))?.seats;
      const whole = bestSeats(map, free, wish(quantity))?.seats;
      if (whole !== undefined) return assert.deepEqual(seats, whole);
      if (seats === undefined) return;
      assert.equal(new Set(seats).size, quantity);
      assert.ok(seats.every((seat) => free[seat] === 1 && !map.accessible.has(seat)));
      const rows = [...new Set(seats.map((seat) => drawn.rows[seat] ?? 0))];
      const inRow = (no: number) => seats.filter((seat) => drawn.rows[seat] === no);
      assert.ok(rows.every((no) => isFreeBlock(drawn, inRow(no))));
      assert.ok(rows.length > 1 && rows.every((row, i) => i === 0 || row === (rows[i - 1] ?? 0) + 1));
    }),
    { numRuns: 2_000 },
  );
});

test('seats strand exactly those that were not alone before and are after', () => {
  fc.assert(
    fc.property(halls, fc.array(fc.nat(8), { minLength: 1, maxLength: 4 }), (where, asked) => {
      const drawn = hall(where);
      const [row] = drawn.map.rows;
      assert.ok(row);
      const { map, free } = drawn;
      const taken = new Set(asked.filter((seat) => seat < row.seats && free[seat] === 1));
      assert.deepEqual(strandedBy(map, row, { free, offset: 0 }, taken), newlyAlone(drawn, [...taken]));
    }),
    { numRuns: 2_000 },
  );
});

test('a row has better seats where some side by side leave none alone, and nowhere else', () => {
  fc.assert(
    fc.property(halls, fc.integer({ min: 1, max: 4 }), (where, quantity) => {
      const drawn = hall(where);
      const { map, free, rows } = drawn;
      const good = [...free.keys()].filter((from) => {
        const seats = [...block(from, quantity)];
        return isFreeBlock(drawn, seats) && newlyAlone(drawn, seats).length === 0;
      });
      for (const [no, row] of map.rows.entries())
        assert.equal(
          hasBetter(map, row, { free: free.subarray(row.from), offset: row.from }, quantity),
          good.some((from) => rows[from] === no),
        );
    }),
    { numRuns: 2_000 },
  );
});
