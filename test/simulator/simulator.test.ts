import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mutants } from './mutants.ts';
import { replay, search, shrink } from './search.ts';
import { storyOf } from './story.ts';

/** A few hundred worlds: two seconds. `npm run simulate -- --events 1e8` looks further. */
const EVENTS = 300_000;
const VERBS = [
  ...['hold', 'renew', 'pay', 'confirm', 'cancel', 'reschedule', 'approve', 'decline'],
  ...['checkIn', 'complete', 'noShow', 'release', 'expire'],
];
/** The slowest of the mutants is found after 70 000 to 220 000 events, by the seed. */
const EVENTS_TO_CATCH = 500_000;

test('no world of servers, crashes, lost and doubled messages breaks a promise', () => {
  const { failure, tally } = search(1, EVENTS);
  assert.equal(failure && `${failure.violation.message} (seed ${failure.seed})`, undefined);
  // What is hard to reach was reached, or the worlds above were too tame to prove anything.
  for (const rare of ['batch waits', 'batch busy', 'hold replayed', 'hold keyReused', 'resize belowTaken'])
    assert.ok((tally.get(rare) ?? 0) > 0, `never seen: ${rare}`);
  for (const verb of VERBS) {
    assert.ok((tally.get(`${verb} done`) ?? 0) > 0, `never done: ${verb}`);
    assert.ok((tally.get(`${verb} replayed`) ?? 0) > 0, `never asked for again: ${verb}`);
  }
  for (const verb of ['confirm', 'cancel', 'reschedule'])
    assert.ok((tally.get(`${verb} adrift`) ?? 0) > 0, `never adrift: ${verb}`);
});

describe('an engine that is broken on purpose is found out:', () => {
  for (const [name, parts] of Object.entries(mutants))
    test(name, () => {
      assert.ok(search(1, EVENTS_TO_CATCH, parts).failure !== undefined);
    });
});

test('a failing seed fails again in the same way, and shrinks to a story that a reader can follow', () => {
  const parts = mutants['cancelling gives nothing back'];
  const found = search(1, EVENTS_TO_CATCH, parts).failure;
  assert.ok(found !== undefined);
  const again = search(found.seed, 1, parts).failure;
  assert.equal(again?.violation.message, found.violation.message);
  const few = shrink(found, parts);
  assert.equal(replay(few, parts)?.promise, found.violation.promise);
  assert.ok(few.length < 40, `still ${few.length} of ${found.happened.length} happenings`);
  assert.match(few.map(storyOf).join('\n'), /asks: hold .*asks: cancel /s);
});
