import type { Edit } from '../take-out.ts';
import { carryOut } from './carry-out.ts';
import { wrongClocks, zones } from './clocks.ts';
import { noConnections, repeatedKeys } from './crowd.ts';
import { fullDisk } from './disk.ts';
import { killedPostgres, killedServer } from './kills.ts';
import {
  hungBackend,
  lockTimeout,
  migrate,
  migrationBehindReader,
  NO_LOCK_TIMEOUT,
  statementTimeout,
} from './locks.ts';
import { lostReplies, resets, silentPartition } from './network.ts';
import { hungRedis, stampede } from './redis.ts';
import type { FaultRow } from './row.ts';

/** A row of the matrix with one guard taken out: it must go red, and by what the row looks at. */
export interface Control {
  row: FaultRow;
  /** What is taken out. */
  without: string;
  /** What of the row is other than usual. */
  change: Partial<Omit<FaultRow, 'name' | 'fault'>>;
  /** The complaint that must be among those of the row. */
  seen: RegExp;
}

const KEYS = edit(
  'src/http/tenant-scope.ts',
  `const header = headers['idempotency-key'];`,
  'const header = headers[""];',
);
const DEADLINE = edit(
  'src/platform/db.ts',
  'TRANSACTION_DEADLINE_MS = 4_500',
  'TRANSACTION_DEADLINE_MS = 60_000',
);

const SOCKETS = edit(
  'src/platform/fault.ts',
  `if (state === '') return new DatabaseFault('lost',`,
  `if (state === '') return new DatabaseFault('other',`,
);

export const controls: readonly Control[] = [
  {
    row: hungRedis,
    without: 'the deadline of a command to Redis',
    change: edit('src/platform/cache/redis.ts', 'COMMAND_MS = 50', 'COMMAND_MS = 60_000'),
    seen: /^during the fault: (one in twenty waited|nothing could be changed)/,
  },
  {
    row: stampede,
    without: 'one load for all who wait',
    change: edit(
      'src/platform/cache/cache.ts',
      'if (running === undefined) return start(',
      'if (running === undefined || key !== "") return start(',
    ),
    seen: /loads for 500 callers$/,
  },
  {
    row: killedServer,
    without: 'answers kept under their keys',
    change: KEYS,
    seen: /^(doubled|ghosts): /,
  },
  {
    row: killedPostgres,
    without: 'taking errors of sockets for a lost connection',
    change: SOCKETS,
    seen: /^surprises: .*500/,
  },
  {
    row: hungBackend,
    without: 'idle_in_transaction_session_timeout',
    change: edit(
      'src/platform/migrate.ts',
      `idle_in_transaction_session_timeout: '5s'`,
      `idle_in_transaction_session_timeout: '0'`,
    ),
    seen: /idle transaction lives on/,
  },
  {
    row: silentPartition,
    without: 'the deadline of a transaction',
    change: DEADLINE,
    seen: /^somebody waited/,
  },
  { row: lostReplies, without: 'the deadline of a transaction', change: DEADLINE, seen: /^somebody waited/ },
  {
    row: resets,
    without: 'taking errors of sockets for a lost connection',
    change: SOCKETS,
    seen: /^surprises: .*500/,
  },
  {
    row: fullDisk,
    without: 'knowing a full disk (53100)',
    change: edit('src/platform/fault.ts', `'53100': 'full',`, ''),
    seen: /^surprises: .*500/,
  },
  {
    row: wrongClocks,
    without: 'the database’s clock, as it was heard',
    change: edit('src/platform/clock.ts', 'latest === -Infinity ? Date.now()', 'true ? Date.now()'),
    seen: /^a start .* was answered/,
  },
  {
    row: zones,
    without: 'the offset of a time',
    change: edit(
      'src/platform/schema.ts',
      'const at = Date.parse(text.toUpperCase());',
      'const at = Date.parse(text.slice(0, 19));',
    ),
    seen: /^busy is /,
  },
  {
    row: noConnections,
    without: 'knowing that there are no connections left (53300)',
    change: edit('src/platform/fault.ts', `'53300': 'busy',`, ''),
    seen: /^surprises: .*500/,
  },
  {
    row: repeatedKeys,
    without: 'answers kept under their keys',
    change: KEYS,
    seen: /the twins were told different things/,
  },
  {
    row: migrationBehindReader,
    without: 'lock_timeout of migrations',
    change: {
      strike: (stage) =>
        migrate(stage, 'set local lock_timeout = 0; alter table engine.booking add column spare int'),
    },
    seen: /^nobody was served/,
  },
  {
    row: lockTimeout,
    without: 'lock_timeout',
    change: { edits: [NO_LOCK_TIMEOUT] },
    seen: /has waited for a lock/,
  },
  {
    row: statementTimeout,
    without: 'statement_timeout',
    change: {
      edits: [
        NO_LOCK_TIMEOUT,
        {
          file: 'src/platform/migrate.ts',
          guard: `statement_timeout: '4s'`,
          instead: `statement_timeout: '0'`,
        },
      ],
    },
    seen: /has waited for a lock/,
  },
];

/** Rows from which nothing of ours can be taken out, and why. */
export const uncontrolled: Readonly<Record<string, string>> = {
  F6: 'who asks a Redis that is gone is answered at once by the client; the deadline is what F7 takes out',
  F8: 'a key that is not there is an ordinary miss: no guard is reached',
  F8b: 'bytes of which half are others do not unpack either; the checksum is for single bits (cache/redis.test.ts)',
  F8c: 'nobody waits for what is written to Redis, so what refuses it is never met by a caller',
  F11b: 'TCP sends again what was lost; at one packet in ten no guard of ours is ever reached',
  F11c: 'the link is slow and carries all: the row shows that no guard is reached, not that one works',
};

export interface Controlled {
  control: Control;
  /** What was seen of the harm, most telling first. */
  complaints: string[];
  verdict: 'red' | 'NOT SEEN' | 'not run';
}

/** Carries out the row of a control without its guard. */
export async function takeGuardOut(control: Control): Promise<Controlled> {
  const { missing, broken } = await carryOut({ ...control.row, ...control.change });
  if (missing !== undefined) return { control, complaints: [missing], verdict: 'not run' };
  const seen = broken.filter((each) => control.seen.test(each));
  return seen.length > 0
    ? { control, complaints: seen, verdict: 'red' }
    : { control, complaints: broken, verdict: 'NOT SEEN' };
}

function edit(file: string, guard: string, instead: string): { edits: Edit[] } {
  return { edits: [{ file, guard, instead }] };
}
