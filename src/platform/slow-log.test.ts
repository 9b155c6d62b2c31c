import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSlowLog } from './slow-log.ts';

test('only what is slow is logged, twenty lines a second, and what a second had beyond that is counted', () => {
  const lines: object[] = [];
  let now = 0;
  const log = { warn: (line: object) => void lines.push(line) };
  const slow = openSlowLog(log, 'statement', 100, () => now);
  slow(100, () => ({ statement: 'in time' }));
  assert.deepEqual(lines, []);
  for (let n = 0; n < 25; n++) slow(120.4, () => ({ statement: 'late' }));
  assert.equal(lines.length, 20);
  assert.deepEqual(lines[0], { statement: 'late', ms: 120 });
  now = 1_000;
  slow(101, () => ({ statement: 'later' }));
  slow(102, () => ({ statement: 'last' }));
  assert.deepEqual(lines.slice(20), [
    { statement: 'later', ms: 101, alsoSlow: 5 },
    { statement: 'last', ms: 102 },
  ]);
});
