import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runKills } from './run.ts';

/** The same harness with one guard taken out each time. It must find the harm, or it proves nothing. */
describe('controls of the kill harness', () => {
  test('without waiting for the disk at COMMIT, what was acknowledged is lost when PostgreSQL is killed', async () => {
    const { findings } = await runKills({
      plan: ['postgres'],
      stopsEarly: true,
      sweeper: 'off',
      range: { rooms: 2, slots: 24, seats: 40, standing: 500 },
      without: {
        // The log is written at its next commit that waits; without those, by a process that now comes rarely.
        settings: { wal_writer_delay: '10s', wal_writer_flush_after: '1GB' },
        prepare: (client) => client.query('alter role holdfast_server set synchronous_commit = off'),
      },
    });
    assert.notDeepEqual(findings.lost, []);
  });

  test('without locks and constraint, one half hour of a room is sold twice', async () => {
    const { findings } = await runKills({
      plan: [],
      sweeper: 'off',
      range: { rooms: 1, slots: 32, seats: 0, standing: 0 },
      without: {
        env: { HOLDFAST_TEST_UNSAFE: 'no-guard' },
        prepare: (client) =>
          client.query('alter table engine.interval_claim drop constraint interval_never_shared'),
      },
    });
    assert.notDeepEqual(findings.soldTwice, []);
    assert.ok(findings.broken.includes('no-overlap'), findings.broken.join());
  });

  test('asked again under a new key, one intention becomes two bookings when a server dies before it answers', async () => {
    const { findings } = await runKills({
      plan: ['sent', 'committed'],
      stopsEarly: true,
      sweeper: 'off',
      range: { rooms: 0, slots: 0, seats: 0, standing: 5_000 },
      // A batch that holds nothing would show nothing: whichever is cut off, somebody's hold is in it.
      without: { sameKey: false, buying: false },
    });
    assert.notDeepEqual(findings.doubled, []);
    assert.notDeepEqual(findings.ghosts, []);
  });
});
