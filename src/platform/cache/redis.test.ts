import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Redis } from 'ioredis';
import { silentLog } from '../../../test/database.ts';
import { noRedis, startRedis, type RunningRedis } from '../../../test/redis.ts';
import { openRedis, type SharedBytes } from './redis.ts';
import { openSecondTier, type Known, type Outcome, type SecondTier } from './second-tier.ts';

const TENANT = '00000000-0000-7000-8000-00000000000a';
const LARGE = 'word '.repeat(10_000);

describe('the second tier, with a real Redis', { skip: noRedis }, () => {
  let redis: RunningRedis;
  let admin: Redis;
  let clock: { at: number; now(): number };
  let bytes: SharedBytes;
  let position: number | undefined;
  /** The last change of what the texts here are made of. */
  let touched: number;
  let outcomes: Outcome[];
  const known: Known = {
    position: () => position,
    isTouched: async (_tenant, _tags, since) => touched > since,
  };
  let tier: SecondTier;
  let made = 0;

  before(async () => {
    redis = await startRedis();
    admin = new Redis(redis.url, { retryStrategy: () => 50 });
    admin.on('error', () => undefined);
  });
  after(async () => {
    bytes.close();
    admin.disconnect();
    await redis.close();
  });
  beforeEach(async () => {
    bytes?.close();
    await admin.flushall();
    clock = { at: 1, now: () => clock.at };
    bytes = openRedis(redis.url, silentLog, clock);
    tier = openSecondTier(bytes, known, (_name, outcome) => outcomes.push(outcome));
    position = 1;
    touched = 0;
    await untilShared();
  });

  const ask = (text = LARGE, key = 'rooms', of = tier) =>
    of.through({ name: 'rooms', tenant: TENANT, key, madeOf: ['room'], liveMs: 60_000 }, async () => {
      made += 1;
      return text;
    });

  /** Until a value goes there and comes back: connected, and nobody waits for a write. */
  async function untilShared(): Promise<void> {
    made = 0;
    outcomes = [];
    for (;;) {
      const before = made;
      await ask(LARGE, 'probe');
      if (made === before) break;
      await admin.ping();
      clock.at += 10_000; // past whatever time Redis is left alone
    }
    made = 0;
    outcomes = [];
  }

  async function untilStored(keys: number): Promise<void> {
    while ((await admin.dbsize()) < keys);
  }

  test('gives to one process what another has made, compressed when it is large', async () => {
    await ask();
    await untilStored(2);
    const otherBytes = openRedis(redis.url, silentLog);
    const other = openSecondTier(otherBytes, known);
    while (!(await isOnline(otherBytes))) await setImmediate();
    assert.equal(await ask('other', 'rooms', other), LARGE);
    assert.equal(made, 1);
    const keys = (await admin.keys('*')).filter((key) => key.startsWith(`holdfast:2:${TENANT}:`));
    assert.equal(keys.length, 2, 'the tenant stands in every key');
    for (const key of keys) assert.ok((await admin.strlen(key)) < LARGE.length / 10);
    for (const key of keys) assert.ok((await admin.pttl(key)) > 0, 'nothing stays for ever');
    otherBytes.close();
  });

  async function isOnline(of: SharedBytes): Promise<boolean> {
    of.set('online', Buffer.from('1'), 1_000);
    return typeof (await of.get('online')) !== 'string';
  }

  test('never shows what is older than a change that is known of it, also when it was written late', async () => {
    const begun = Promise.withResolvers<undefined>();
    const finished = Promise.withResolvers<string>();
    const wanted = { name: 'rooms', tenant: TENANT, key: 'rooms', madeOf: ['room'], liveMs: 60_000 };
    const late = tier.through(wanted, () => {
      begun.resolve(undefined);
      return finished.promise;
    });
    await begun.promise;
    [position, touched] = [2, 2];
    finished.resolve('old');
    await late;
    await untilStored(2);
    assert.equal(await ask('new'), 'new');
    assert.deepEqual(outcomes, ['misses', 'outdated']);
    await untilTaken('new');
  });

  /** Until the text that was made last has arrived there and is taken. */
  async function untilTaken(text: string): Promise<void> {
    while ((await ask(text)) !== text || outcomes.at(-1) !== 'hits') await admin.ping();
  }

  test('goes on showing what other changes of the company did not touch', async () => {
    await ask('old');
    await untilTaken('old');
    position = 50;
    assert.equal(await ask('not asked'), 'old');
    touched = 1; // by the change that the value was made after
    assert.equal(await ask('not asked'), 'old');
  });

  test('takes nothing from further on than is known here, and nothing while that is not sure', async () => {
    position = 9;
    await ask('of changes that never were');
    await untilTaken('of changes that never were');
    position = 8;
    assert.equal(await ask('right'), 'right');
    assert.equal(outcomes.at(-1), 'outdated');
    outcomes = [];
    position = undefined;
    assert.equal(await ask('not sure'), 'not sure');
    assert.deepEqual(outcomes, [], 'it is not even asked');
  });

  test('takes whatever it did not write for nothing', async () => {
    await ask();
    await untilStored(2);
    const keys = await admin.keys('holdfast:*');
    const [some = ''] = keys;
    const whole = (await admin.getBuffer(some)) ?? Buffer.alloc(0);
    const flipped = Buffer.from(whole);
    flipped[whole.length - 5] = (flipped[whole.length - 5] ?? 0) ^ 1;
    for (const garbage of [
      '',
      'x',
      '{}',
      whole.subarray(0, whole.length - 1),
      flipped,
      Buffer.alloc(5_000),
    ]) {
      for (const key of keys) await admin.set(key, garbage);
      made = 0;
      assert.equal(await ask('right'), 'right');
      assert.equal(made, 1);
      assert.equal(outcomes.at(-1), 'garbage');
      await untilTaken('right');
    }
    for (const key of keys) await admin.del(key).then(() => admin.lpush(key, 'of another type'));
    assert.equal(await ask('right'), 'right');
    assert.equal(outcomes.at(-1), 'errors');
  });

  test('that is flushed is filled again', async () => {
    await ask();
    await untilStored(2);
    await admin.flushall();
    assert.equal(await ask('again'), 'again');
    await untilStored(1);
    assert.equal(await ask('not asked'), 'again');
  });

  test('that hangs costs five callers 50 ms each and the others nothing, and is used again when it goes on', async () => {
    process.kill(redis.pid, 'SIGSTOP');
    const waits: number[] = [];
    for (let n = 0; n < 200; n++) {
      const begun = performance.now();
      assert.equal(await ask('made', `key ${n}`), 'made');
      waits.push(performance.now() - begun);
    }
    process.kill(redis.pid, 'SIGCONT');
    const slow = waits.filter((ms) => ms >= 40);
    assert.ok(slow.length <= 5, `${slow.length} callers waited`);
    assert.ok(Math.max(...slow) < 500, 'a wait without end');
    await untilShared();
  });

  test('that is killed costs nobody anything, and is used again when it is back', async () => {
    await redis.kill();
    const begun = performance.now();
    for (let n = 0; n < 200; n++) assert.equal(await ask('made', `key ${n}`), 'made');
    assert.ok(performance.now() - begun < 1_000, '200 answers took a second');
    assert.deepEqual(new Set(outcomes), new Set(['errors']), 'each is counted');
    await redis.start();
    await untilShared();
  });
});
