import { wrongClocks, zones } from './clocks.ts';
import { noConnections, repeatedKeys } from './crowd.ts';
import { fullDisk } from './disk.ts';
import { killedPostgres, killedServer } from './kills.ts';
import { hungBackend, lockTimeout, migrationBehindReader, statementTimeout } from './locks.ts';
import { lostReplies, packetLoss, resets, silentPartition, slowLink } from './network.ts';
import { flushedRedis, fullRedis, garbledRedis, hungRedis, killedRedis, stampede } from './redis.ts';
import type { FaultRow } from './row.ts';

/** Every fault that is injected for real; docs/proof.md shows what came of each. */
export const rows: readonly FaultRow[] = [
  killedServer,
  killedPostgres,
  hungBackend,
  killedRedis,
  hungRedis,
  flushedRedis,
  garbledRedis,
  fullRedis,
  stampede,
  silentPartition,
  lostReplies,
  resets,
  packetLoss,
  slowLink,
  fullDisk,
  wrongClocks,
  zones,
  noConnections,
  repeatedKeys,
  migrationBehindReader,
  lockTimeout,
  statementTimeout,
];
