import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noRedis } from '../redis.ts';
import { carryOut } from './carry-out.ts';
import { hungRedis } from './redis.ts';

/** `npm run test:faults -- F6 F7 F8 F8b F8c F9` has them all. */
describe('two servers go on under load, true and as quick as before, when', { skip: noRedis }, () => {
  test(hungRedis.fault, async () => {
    const { broken, figures } = await carryOut(hungRedis);
    assert.deepEqual(broken, []);
    assert.ok((figures?.acknowledged ?? 0) > 0, 'nobody was served');
  });
});
