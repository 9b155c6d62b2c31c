import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hold } from '../../test/engine-fixture.ts';
import type { Hold, HoldLine } from './command.ts';
import { decide } from './decide.ts';
import { World } from './world.test-double.ts';

const needs = (startsAt: number, endsAt: number) => ({
  intervals: [{ resourceId: 'room-1', startsAt, endsAt }],
  units: [],
});
const closed = [{ reason: 'outside_hours', detail: 'Closed.' }];

function withLines(command: Hold, more: readonly Partial<HoldLine>[]): Hold {
  return { ...command, lines: command.lines.map((line, i) => ({ ...line, ...more[i] })) };
}

function worldWith(taken: Hold): World {
  const world = new World();
  world.calendars.add('room-1');
  world.apply(decide([taken], world.snapshot([taken], 0)).writes);
  return world;
}

test("an optional line that does not fit is left out with the reason and stands in no later one's way", () => {
  const world = worldWith(hold([needs(0, 2)]));
  const isOptional = true;
  const series = withLines(hold([needs(1, 3), needs(2, 4), needs(9, 10), needs(4, 5)]), [
    ...[{ isOptional }, {}, { skipped: closed }, { isOptional }],
  ]);
  const [outcome] = decide([series], world.snapshot([series], 0)).outcomes;
  assert.ok(outcome?.result === 'done');
  const taken = [{ reason: 'slot_taken', detail: 'The time is taken by another booking.' }];
  assert.deepEqual(
    outcome.booking.lines.map(({ details, cancelledAt }) => [details['skipped'], cancelledAt]),
    [
      ...[
        [taken, 0],
        [undefined, null],
      ],
      ...[
        [closed, 0],
        [undefined, null],
      ],
    ],
  );
  assert.equal(outcome.booking.totalMinor, 200);
});

test('a hold of which nothing would be left is refused with what stood in the way of each line', () => {
  const world = worldWith(hold([needs(0, 9)]));
  const again = withLines(hold([needs(0, 9)]), [{ isOptional: true }]);
  const { outcomes } = decide([again], world.snapshot([again], 0));
  assert.deepEqual(outcomes, [
    { result: 'refused', conflicts: [{ line: 1, resource: 'room-1', reason: 'slot_taken' }] },
  ]);
});
