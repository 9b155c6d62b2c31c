import assert from 'node:assert/strict';
import { test } from 'node:test';
import { showProgress } from './progress.ts';

/** An output that keeps what is written, and a clock that is moved by hand. */
function fixture(terminal: boolean, columns = 80) {
  const written: string[] = [];
  const output = { isTTY: terminal, columns, write: (text: string) => written.push(text) > 0 };
  const time = { now: 0 };
  return { written, output, time, clock: () => time.now };
}

test('a terminal gets a bar that is redrawn in place, at most ten times a second', () => {
  const { written, output, time, clock } = fixture(true);
  const progress = showProgress(output, 'lectures booked', 4, clock);
  for (time.now of [50, 100, 150]) progress.step();
  assert.deepEqual(written, ['\r[###############...............] 2 of 4 lectures booked, 20/s\x1b[K']);
  time.now = 1_000;
  progress.step();
  progress.end();
  assert.equal(written.at(-2), '\r[##############################] 4 of 4 lectures booked, 4/s\x1b[K');
  assert.equal(written.at(-1), '\n');
});

test('a line never grows wider than the terminal', () => {
  const { written, output, clock } = fixture(true, 20);
  showProgress(output, 'lectures booked', 1, clock).end();
  assert.equal(written[0], '\r[..................\x1b[K');
});

test('a log gets plain lines, at most one in five seconds, and the last state', () => {
  const { written, output, time, clock } = fixture(false);
  const progress = showProgress(output, 'lectures booked', 3, clock);
  for (time.now of [2_000, 5_000, 6_000]) progress.step();
  progress.end();
  assert.deepEqual(written, ['2 of 3 lectures booked, 0/s\n', '3 of 3 lectures booked, 1/s\n']);
});

test('nothing to do is shown as done', () => {
  const { written, output, clock } = fixture(false);
  showProgress(output, 'lectures booked', 0, clock).end();
  assert.deepEqual(written, ['0 of 0 lectures booked, 0/s\n']);
});
