import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openHeardClock } from './clock.ts';

/** A machine whose monotonic clock a test moves. */
function machine() {
  let at = 1_000;
  return { now: () => at, pass: (ms: number) => (at += ms) };
}

const NOON = Date.UTC(2030, 0, 1, 12);

test('time goes on from what was heard, whatever this machine takes for the time of day', () => {
  const watch = machine();
  const clock = openHeardClock(watch);
  clock.heard(NOON);
  watch.pass(1_234);
  assert.equal(clock.now(), NOON + 1_234);
});

test('a hearing that was delayed does not put the clock back', () => {
  const watch = machine();
  const clock = openHeardClock(watch);
  clock.heard(NOON);
  watch.pass(500);
  clock.heard(NOON + 100); // on its way for 400 ms
  assert.equal(clock.now(), NOON + 500);
  clock.heard(NOON + 550); // the first was late itself
  assert.equal(clock.now(), NOON + 550);
});

test('a database whose clock is put back is followed after a while, and one put forward at once', () => {
  const watch = machine();
  const clock = openHeardClock(watch);
  clock.heard(NOON);
  for (let seconds = 1; seconds <= 12; seconds++) {
    watch.pass(1_000);
    clock.heard(NOON - 3_600_000 + seconds * 1_000);
  }
  assert.equal(clock.now(), NOON - 3_600_000 + 12_000);
  clock.heard(NOON + 60_000);
  assert.equal(clock.now(), NOON + 60_000);
});

test('until the first hearing the clock is that of the machine', () => {
  const before = Date.now();
  const now = openHeardClock().now();
  assert.ok(now >= before && now <= Date.now());
});
