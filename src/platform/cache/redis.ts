import { Redis } from 'ioredis';
import type { Stopwatch } from '../clock.ts';
import type { Log } from '../log.ts';

/** Bytes that several processes share and that may be gone at any moment. Never rejects. */
export interface SharedBytes {
  /** `failed` also while nobody asks, because there is no connection or too much has failed. */
  get(key: string): Promise<Buffer | 'missing' | 'failed'>;
  /** Does not wait: whoever made the value has it already. */
  set(key: string, bytes: Buffer, liveMs: number): void;
  close(): void;
}

/** What a caller may wait for Redis at most; a load from the database takes less than that. */
const COMMAND_MS = 50;
const CONNECT_MS = 500;
const RECONNECT_MS = 1_000;
/** After so many errors in a row Redis is left alone for a while. */
const MOST_ERRORS = 5;
const LEFT_ALONE_MS = 5_000;
/** Writes that may be under way: more means that Redis is slower than we are. */
const MOST_WRITES = 100;

/**
 * The defaults of the client queue commands for as long as Redis is away, and send them when it is back: with those a
 * cache that is down would stop the service.
 */
export function openRedis(url: string, log: Log, perf: Stopwatch = performance): SharedBytes {
  const redis = new Redis(url, {
    commandTimeout: COMMAND_MS,
    connectTimeout: CONNECT_MS,
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    retryStrategy: () => RECONNECT_MS,
  });
  redis.on('error', (error) => log.debug({ err: error }, 'redis'));
  let errors = 0;
  let aloneUntil = -Infinity;
  let writes = 0;

  async function asked<T>(command: () => Promise<T>): Promise<T | 'failed'> {
    if (redis.status !== 'ready' || perf.now() < aloneUntil) return 'failed';
    try {
      const answer = await command();
      errors = 0;
      return answer;
    } catch (error) {
      errors += 1;
      if (errors < MOST_ERRORS) return 'failed';
      if (perf.now() >= aloneUntil) log.warn({ err: error }, 'Redis fails; for 5 s nobody asks it');
      aloneUntil = perf.now() + LEFT_ALONE_MS;
      errors = MOST_ERRORS - 1; // the first one to try again decides
      return 'failed';
    }
  }

  return {
    get: async (key) => (await asked(() => redis.getBuffer(key))) ?? 'missing',
    set: (key, bytes, liveMs) => {
      if (writes >= MOST_WRITES) return;
      writes += 1;
      void asked(() => redis.set(key, bytes, 'PX', Math.ceil(liveMs))).finally(() => (writes -= 1));
    },
    close: () => redis.disconnect(),
  };
}
