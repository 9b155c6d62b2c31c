import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Problem } from './errors.ts';
import { etag, requireVersion } from './precondition.ts';

function outcome(ifMatch: string | undefined): string {
  try {
    requireVersion({ headers: { 'if-match': ifMatch } }, 3);
    return 'allowed';
  } catch (error) {
    return error instanceof Problem ? error.code : String(error);
  }
}

test('a change needs the tag of the current version', () => {
  assert.equal(outcome(undefined), 'precondition_required');
  assert.equal(outcome(etag(3)), 'allowed');
  assert.equal(outcome('"1", "3"'), 'allowed');
  assert.equal(outcome('*'), 'allowed');
  for (const stale of [etag(2), '"33"', '3', 'W/"3"', ''])
    assert.equal(outcome(stale), 'precondition_failed', stale);
});
