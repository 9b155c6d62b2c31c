import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bestSeats, type Wish } from './best-seats.ts';
import { block, hasBetter, strandedBy } from './orphan.ts';
import { rowOf, toSeatMap, type SeatMap } from './seat-map.ts';

/** A hall as it is drawn: a word for each row, `f` free, `A` free for those who need it, anything else taken. */
function hall(drawn: string): { map: SeatMap; free: Uint8Array } {
  const layout = drawn.split(' ').map((row, i) => {
    const accessible = row.split('').flatMap((letter, at) => (letter === 'A' ? [at + 1] : []));
    return { name: `${i}`, seats: row.length, ...(accessible.length > 0 && { accessible }) };
  });
  const seats = drawn.replaceAll(' ', '');
  return { map: toSeatMap(layout), free: Uint8Array.from(seats, (l) => (l === 'f' || l === 'A' ? 1 : 0)) };
}

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
  ['split with a seat for those who need it', 'fx Ax', wish(2, { split: true, accessible: true }), [0, 2]],
];

for (const [what, where, asked, seats] of drawn)
  test(`the best seats: ${what}`, () => assert.deepEqual(best(where, asked), seats));

const halls = fc
  .array(
    fc
      .array(fc.constantFrom('f', 'f', 'f', 'A', 'x', 'x'), { minLength: 1, maxLength: 9 })
      .map((row) => row.join('')),
    { minLength: 1, maxLength: 4 },
  )
  .map((rows) => rows.join(' '));
const wishes = fc.record({ quantity: fc.integer({ min: 1, max: 4 }), accessible: fc.boolean() });

/** The definition, taken at its word: every block in every row, sorted by what counts. */
function naive(
  map: SeatMap,
  free: Uint8Array,
  { quantity, accessible }: Pick<Wish, 'quantity' | 'accessible'>,
) {
  const found: { from: number; rank: number[] }[] = [];
  for (const [no, row] of map.rows.entries())
    for (let from = row.from; from + quantity <= row.from + row.seats; from++) {
      const seats = [...block(from, quantity)];
      const special = seats.filter((seat) => map.accessible.has(seat)).length;
      if (seats.some((seat) => free[seat] !== 1) || special > 0 !== accessible) continue;
      const alone = aloneIn(map, without(free, seats)).filter((seat) => !aloneIn(map, free).includes(seat));
      const middle = row.from + (row.seats - 1) / 2;
      const distance = Math.abs(from + (quantity - 1) / 2 - middle) + no;
      found.push({ from, rank: [alone.length, special, distance, no, from] });
    }
  return found.sort((a, b) => compare(a.rank, b.rank))[0]?.from;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((each, i) => each !== b[i]);
  return at === -1 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

/** Free seats with no free one beside them in their row, but for those that are kept for those who need them. */
function aloneIn(map: SeatMap, free: Uint8Array): number[] {
  return [...free.keys()].filter((seat) => {
    const beside = [seat - 1, seat + 1].filter((each) => rowOf(map, each) === rowOf(map, seat) && each >= 0);
    return free[seat] === 1 && !map.accessible.has(seat) && beside.every((each) => free[each] !== 1);
  });
}

function without(free: Uint8Array, seats: readonly number[]): Uint8Array {
  return free.map((each, seat) => (seats.includes(seat) ? 0 : each));
}

test('the best seats are what a naive picker finds, whatever is free', () => {
  fc.assert(
    fc.property(halls, wishes, (where, asked) => {
      const { map, free } = hall(where);
      const seats = bestSeats(map, free, { ...asked, split: false })?.seats;
      assert.equal(seats?.[0], naive(map, free, asked));
      if (seats !== undefined) assert.deepEqual(seats, [...block(seats[0] ?? 0, asked.quantity)]);
    }),
    { numRuns: 2_000 },
  );
});

test('a split is of free seats, so many as asked for, in rows that follow each other, and only where none is whole', () => {
  fc.assert(
    fc.property(halls, wishes, (where, { quantity }) => {
      const { map, free } = hall(where);
      const seats = bestSeats(map, free, wish(quantity, { split: true }))?.seats;
      const whole = bestSeats(map, free, wish(quantity))?.seats;
      if (whole !== undefined) return assert.deepEqual(seats, whole);
      if (seats === undefined) return;
      assert.equal(new Set(seats).size, quantity);
      assert.ok(seats.every((seat) => free[seat] === 1 && !map.accessible.has(seat)));
      const rows = [...new Set(seats.map((seat) => map.rows.findIndex((row) => row === rowOf(map, seat))))];
      assert.ok(rows.length > 1 && rows.every((row, i) => i === 0 || row === (rows[i - 1] ?? 0) + 1));
    }),
    { numRuns: 2_000 },
  );
});

test('seats strand exactly those that were not alone before and are after', () => {
  fc.assert(
    fc.property(halls, fc.array(fc.nat(8), { minLength: 1, maxLength: 4 }), (where, asked) => {
      const { map, free } = hall(where);
      const [row] = map.rows;
      assert.ok(row);
      const taken = new Set(asked.filter((seat) => seat < row.seats && free[seat] === 1));
      const before = aloneIn(map, free);
      const alone = aloneIn(map, without(free, [...taken])).filter((seat) => !before.includes(seat));
      assert.deepEqual(strandedBy(map, row, { free, offset: 0 }, taken), alone);
    }),
    { numRuns: 2_000 },
  );
});

test('a row has better seats only where some leave none alone', () => {
  const better = (where: string, quantity: number) => {
    const { map, free } = hall(where);
    const [row] = map.rows;
    return row !== undefined && hasBetter(map, row, { free, offset: 0 }, quantity);
  };
  assert.deepEqual(
    [better('xfffx', 2), better('xfffxff', 2), better('ffff', 2), better('ff', 3)],
    [false, true, true, false],
  );
});
