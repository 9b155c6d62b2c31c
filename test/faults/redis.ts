import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { noRedis, startRedis, type RunningRedis } from '../redis.ts';
import { complaints, Onlookers, type Sight } from './onlookers.ts';
import { unless, type FaultRow } from './row.ts';
import type { Stage } from './stage.ts';

const CALM_MS = 2_000;
const FAULT_MS = 4_000;
const HEALED_MS = 2_000;
const EVERY_MS = 50;

interface OfRedis {
  redis: RunningRedis;
  admin: Redis;
}

/** A row with a Redis that both servers share. */
function row(
  name: string,
  fault: string,
  strike: (of: OfRedis, stage: Stage) => Promise<string[]>,
): FaultRow {
  let redis: RunningRedis | undefined;
  const env = { REDIS_URL: '' }; // known once it is started, which is before the servers are
  return {
    name,
    fault,
    missing: () => noRedis,
    env: [env, env],
    prepare: async () => {
      redis = await startRedis();
      env.REDIS_URL = redis.url;
    },
    strike: async (stage) => {
      if (redis === undefined) throw new Error('there is no Redis');
      const admin = new Redis(redis.url, { retryStrategy: () => EVERY_MS });
      admin.on('error', () => undefined);
      try {
        return await strike({ redis, admin }, stage);
      } finally {
        admin.disconnect();
        await redis.close();
      }
    },
  };
}

/** Before, while and after Redis is harmed: `harm` begins it and returns what ends it. */
function seenByAll(harm: (of: OfRedis) => Promise<() => Promise<unknown>>) {
  return async (of: OfRedis, stage: Stage): Promise<string[]> => {
    await using onlookers = await Onlookers.come(stage);
    const calm = await onlookers.watch(CALM_MS);
    const isUsed = (await of.admin.dbsize()) > 0;
    const heal = await harm(of);
    let struck: Sight;
    try {
      struck = await onlookers.watch(FAULT_MS);
    } finally {
      await heal();
    }
    const healed = await onlookers.watch(HEALED_MS);
    return [
      ...unless(isUsed, 'the servers shared nothing through Redis'),
      ...complaints('before', calm, calm),
      ...complaints('during the fault', calm, struck),
      ...complaints('after it', calm, healed),
    ];
  };
}

export const killedRedis = row(
  'F6',
  'Redis is killed and comes back empty',
  seenByAll(async ({ redis }) => {
    await redis.kill();
    return redis.start;
  }),
);

export const hungRedis = row(
  'F7',
  'Redis hangs (SIGSTOP) and goes on',
  seenByAll(async ({ redis: { pid } }) => {
    process.kill(pid, 'SIGSTOP');
    return async () => process.kill(pid, 'SIGCONT');
  }),
);

export const flushedRedis = row(
  'F8',
  'Redis is flushed again and again',
  seenByAll(async ({ admin }) => repeated(() => admin.flushall())),
);

export const garbledRedis = row(
  'F8b',
  "Redis holds somebody else's bytes under our keys",
  seenByAll(async ({ admin }) =>
    repeated(async () => {
      for (const [i, key] of (await admin.keys('holdfast:*')).entries()) {
        const bytes = await admin.getBuffer(key).catch(() => null);
        const garbage = bytes === null ? 'garbage' : bytes.fill(120, bytes.length >> 1);
        if (i === 0) await admin.multi().del(key).lpush(key, 'of another type').exec();
        else await admin.set(key, garbage, 'PX', 60_000);
      }
    }),
  ),
);

export const fullRedis = row(
  'F8c',
  'Redis has no memory left and drops nothing',
  seenByAll(async ({ admin }) => {
    await admin.config('SET', 'maxmemory', '1');
    return () => admin.config('SET', 'maxmemory', '0');
  }),
);

/** Does it again and again until the returned function is called. */
function repeated(harm: () => Promise<unknown>): () => Promise<void> {
  let isOver = false;
  const all = (async () => {
    for (; !isOver; await wait(EVERY_MS)) await harm();
  })();
  all.catch(() => undefined); // told below
  return async () => {
    isOver = true;
    await all;
  };
}

const ROUNDS = 8;
const CALLERS = 500;
/** One of each server, and one more of the one that hears of the change while it loads. */
const MOST_LOADS = 3;

export const stampede = row('F9', '500 callers want what was just thrown away', async ({ admin }, stage) => {
  const onlookers = await Onlookers.come(stage);
  await onlookers.go(); // their changes would begin loads of their own
  const [room = ''] = stage.rooms;
  const broken: string[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    await onlookers.change(0, room, 100 + round);
    while ((await onlookers.capacity(1, room)) !== 100 + round) await wait(EVERY_MS);
    await admin.flushall();
    const before = await loadsOf(stage);
    await onlookers.change(0, room, 200 + round);
    await Promise.all(
      Array.from({ length: CALLERS }, (_, n) => onlookers.get(n % 2 === 0 ? 0 : 1, '/rooms?limit=50')),
    );
    const loads = (await loadsOf(stage)) - before;
    broken.push(...unless(loads >= 1 && loads <= MOST_LOADS, `${loads} loads for ${CALLERS} callers`));
  }
  return [...broken, ...onlookers.take().wrong.slice(0, 5)];
});

/** How often the servers made the list of rooms so far. */
async function loadsOf({ urls }: Stage): Promise<number> {
  const texts = await Promise.all(urls.map(async (url) => (await fetch(`${url}/metrics`)).text()));
  const counts = texts.map((text) =>
    /holdfast_cache_events_total\{cache="rooms",event="loads"\} (\d+)/.exec(text),
  );
  return counts.reduce((sum, count) => sum + Number(count?.[1] ?? 0), 0);
}
