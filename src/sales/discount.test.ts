import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { carriedDiscount, discountOf, type Rate } from './discount.ts';

const DEAREST = 100_000_000_000_000;
const totals = fc.array(fc.oneof(fc.nat(20), fc.nat(DEAREST)), { minLength: 1, maxLength: 50 });
const rate: fc.Arbitrary<Rate> = fc.oneof(
  fc.integer({ min: 1, max: 100 }).map((percent) => ({ percent, amountMinor: null })),
  fc
    .oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 9_000_000_000_000_000 }))
    .map((amountMinor) => ({ percent: null, amountMinor })),
);
const sumOf = (all: readonly number[]) => all.reduce((sum, each) => sum + BigInt(each), 0n);

test('the parts make exactly the whole, and none is negative or more than its line costs', () => {
  fc.assert(
    fc.property(rate, totals, (of, lines) => {
      const off = discountOf(of, lines);
      const [whole] = [sumOf(lines)];
      const expected =
        of.percent === null
          ? whole < BigInt(of.amountMinor)
            ? whole
            : BigInt(of.amountMinor)
          : (whole * BigInt(of.percent) + 50n) / 100n;
      assert.equal(sumOf(off), expected);
      for (const [i, each] of off.entries()) assert.ok(each >= 0 && each <= (lines[i] ?? 0));
    }),
  );
});

test('in whatever order the lines stand, those of one price get the same between them', () => {
  const told = (of: Rate, lines: readonly number[]) =>
    discountOf(of, lines)
      .map((off, i) => `${lines[i]} ${off}`)
      .sort();
  fc.assert(
    fc.property(rate, totals, fc.infiniteStream(fc.nat()), (of, lines, random) => {
      const drawn = lines.map((line) => ({ line, at: random.next().value }));
      const shuffled = drawn.sort((a, b) => a.at - b.at).map(({ line }) => line);
      assert.deepEqual(told(of, shuffled), told(of, lines));
    }),
  );
});

test('no two lines are more than one unit from their proportion', () => {
  assert.deepEqual(discountOf({ percent: 10, amountMinor: null }, [333, 333, 334]), [33, 33, 34]);
  assert.deepEqual(discountOf({ percent: null, amountMinor: 100 }, [1, 1, 1]), [1, 1, 1]);
  assert.deepEqual(discountOf({ percent: null, amountMinor: 2 }, [5, 5, 5]), [1, 1, 0]);
  assert.deepEqual(discountOf({ percent: 50, amountMinor: null }, [0, 1]), [0, 1]);
  assert.deepEqual(discountOf({ percent: 50, amountMinor: null }, [0, 0]), [0, 0]);
});

test('a line that is moved keeps its share of the new price, or its amount as far as the price goes', () => {
  assert.equal(carriedDiscount(25, 100, 1_000), 250);
  assert.equal(carriedDiscount(null, 100, 1_000), 100);
  assert.equal(carriedDiscount(null, 100, 60), 60);
});
