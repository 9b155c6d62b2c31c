import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { drawn, type Point, type SeatPlan } from './seat-plan.ts';

type Row = SeatPlan['rows'][number];

/** Where the seats of one row are. */
function row(seats: number, given: Row, { at, aisles }: { at?: SeatPlan['at']; aisles?: number[] } = {}) {
  const layout = [{ name: 'A', seats, ...(aisles && { aisles }) }];
  return drawn(layout, { ...(at && { at }), rows: [given] })[0] ?? [];
}

const straight = { points: [[0, 0], [300, 0]] }; // prettier-ignore

test('the seats of a straight row stand evenly between the first and the last', () => {
  assert.deepEqual(row(4, straight), [[0, 0], [100, 0], [200, 0], [300, 0]]); // prettier-ignore
});

test('an aisle is as wide as two seats, in whatever order aisles are named', () => {
  const to700 = { points: [[0, 0], [700, 0]] }; // prettier-ignore
  const across = row(4, to700, { aisles: [3, 1] }).map(([x]) => x);
  assert.deepEqual(across, [0, 300, 400, 700]);
});

test('a bent row passes so far behind the middle, and before it when that is negative', () => {
  const middle = (bend: number) => row(3, { ...straight, bend })[1];
  assert.deepEqual([middle(60), middle(-60), middle(0)], [[150, 60], [150, -60], [150, 0]]); // prettier-ignore
  const half = row(5, { ...straight, bend: 150 });
  assert.deepEqual(half[1], [44, 106], 'a half circle about [150, 0]');
});

test('a section is turned clockwise about its origin, and then put in its place', () => {
  const at = { x: 1_000, y: 500, turn: 90 };
  assert.deepEqual(row(4, straight, { at }), [[1_000, 500], [1_000, 600], [1_000, 700], [1_000, 800]]); // prettier-ignore
  assert.deepEqual(row(1, { points: [[10, 20]] }, { at: { x: 5, y: 5 } }), [[15, 25]]);
});

test('seats that are drawn one by one stay where they are, with their aisles', () => {
  const points = [[0, 0], [50, 5], [200, 10]]; // prettier-ignore
  assert.deepEqual(row(3, { points }, { aisles: [2] }), points);
});

const cm = fc.integer({ min: -5_000, max: 5_000 });
const point = fc.tuple(cm, cm);
const lines = fc.record({
  ...{ first: point, last: point, bend: fc.integer({ min: -3_000, max: 3_000 }) },
  ...{ half: fc.integer({ min: 1, max: 20 }), turn: fc.integer({ min: -360, max: 360 }), at: point },
});
const apart = ([x, y]: Point, [toX, toY]: Point) => Math.hypot(x - toX, y - toY);
/** Each coordinate is told to the cm. */
const ROUNDED = 2;

test('any row begins and ends where it was said, its seats equally far apart and the middle one as far behind as it is bent', () => {
  fc.assert(
    fc.property(lines, ({ first, last, bend, half }) => {
      fc.pre(apart(first, last) > 0);
      const found = row(2 * half + 1, { points: [first, last], bend });
      assert.deepEqual(
        [found.length, String(found[0]), String(found.at(-1))],
        [2 * half + 1, String(first), String(last)],
      );
      const steps = found.slice(1).map((each, i) => apart(each, found[i] ?? first));
      assert.ok(Math.max(...steps) - Math.min(...steps) <= 2 * ROUNDED, String(steps));
      const middle: Point = [(first[0] + last[0]) / 2, (first[1] + last[1]) / 2];
      assert.ok(Math.abs(apart(found[half] ?? first, middle) - Math.abs(bend)) <= ROUNDED);
    }),
  );
});

test('a section keeps its shape however it is turned and wherever it is put', () => {
  fc.assert(
    fc.property(lines, ({ first, last, bend, half, turn, at: [x, y] }) => {
      fc.pre(apart(first, last) > 0);
      const given = { points: [first, last], bend };
      const seats = 2 * half + 1;
      const [flat, turned] = [row(seats, given), row(seats, given, { at: { x, y, turn } })];
      for (const i of flat.keys()) {
        const [a, b] = [flat[i] ?? first, turned[i] ?? first];
        assert.ok(Math.abs(apart(a, [0, 0]) - apart(b, [x, y])) <= ROUNDED);
        assert.ok(Math.abs(apart(a, flat[0] ?? first) - apart(b, turned[0] ?? first)) <= ROUNDED);
      }
    }),
  );
});
