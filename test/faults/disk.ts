import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { asOwner } from '../../src/platform/migrate.ts';
import { unless, type FaultRow } from './row.ts';

/** Small enough to be filled at once; PostgreSQL's own files take 80 MB of it. */
const DISK = '400m';
const DISK_HOME = join(tmpdir(), 'holdfast-small-disk');
const SEGMENTS = 5;
const FILLINGS = 40;
const FILLING_PAUSE_MS = 150;

/** WAL that is there before it is needed: a full disk for data must not become one for WAL, which is another fault. */
async function makeSpareWal(ownerUrl: string): Promise<void> {
  await asOwner(ownerUrl, async (client) => {
    for (let i = 0; i < SEGMENTS; i++)
      await client.query(`select pg_logical_emit_message(true, 'spare', 'x'); select pg_switch_wal()`);
    await client.query('checkpoint');
  });
}

export const fullDisk: FaultRow = {
  name: 'F13',
  fault: 'no room left on the data disk',
  missing: () => (process.getuid?.() === 0 ? undefined : 'needs root to mount a small disk'),
  settings: { min_wal_size: '160MB', max_wal_size: '160MB' },
  disk: () => {
    execFileSync('mkdir', ['-p', DISK_HOME]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK},mode=1777`, 'tmpfs', DISK_HOME]);
    const folder = mkdtempSync(join(DISK_HOME, 'of-'));
    chmodSync(folder, 0o711); // PostgreSQL's own user passes through
    return folder;
  },
  prepare: makeSpareWal,
  strike: async (stage) => {
    const filler = join(DISK_HOME, 'filler');
    const from = Date.now();
    try {
      // Again and again: PostgreSQL gives back WAL that it has no more need of.
      for (let i = 0; i < FILLINGS; i++) {
        execFileSync('sh', ['-c', `cat /dev/zero >> ${filler} 2>/dev/null || true`]);
        await wait(FILLING_PAUSE_MS);
      }
      const turnedAway = stage.told(from, Date.now()).filter(({ what }) => what === 'unknown');
      const read = await stage.servers[0].call('GET', '/bookings?limit=1');
      const hold = await stage.call(0, 'hold', '/holds', {
        lines: [
          {
            kind: 'room',
            roomId: stage.rooms[0],
            start: '2033-01-01T00:00:00Z',
            end: '2033-01-01T01:00:00Z',
          },
        ],
      });
      rmSync(filler);
      const healed = await stage.untilServed(Date.now() + 1_000);
      return [
        ...unless(turnedAway.length > 0, 'nobody noticed'),
        ...unless(read.status === 200, `a read was answered ${read.status}`),
        ...unless(
          hold.status === 201 || hold.retryAfterSeconds === 30,
          `a write was answered ${JSON.stringify(hold)}`,
        ),
        ...unless(healed < 31_000, `nobody was served for ${healed} ms after there was room again`),
      ];
    } finally {
      rmSync(filler, { force: true });
    }
  },
};
