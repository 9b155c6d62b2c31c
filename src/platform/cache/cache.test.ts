import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { notFound, unavailable } from '../errors.ts';
import { openCache, type Area, type CacheOptions, type Wanted } from './cache.ts';

const TENANT = '00000000-0000-7000-8000-00000000000a';
const OTHER = '00000000-0000-7000-8000-00000000000b';
const area: Area = { name: 'rooms', liveMs: 1_000, staleIfErrorMs: 5_000 };
const roomChanged = [{ type: 'room.updated', resourceIds: [] }];

/** A cache on a clock of ours that hears everything. */
function opened(given: Partial<CacheOptions> = {}) {
  const clock = { at: 0, now: () => 1_000_000 + clock.at }; // the libraries take 0 for never
  const hearing = { isHearing: true, hears: () => hearing.isHearing, listen: async () => undefined };
  const cache = openCache<unknown>({ hearing, perf: clock, random: () => 0, ...given });
  return { cache, clock, hearing };
}

function wanting(load: () => unknown, given: Partial<Wanted<unknown>> = {}): Wanted<unknown> {
  return {
    area,
    tenant: TENANT,
    key: 'all',
    madeOf: ['room'],
    load: async () => ({ value: await load(), bytes: 100 }),
    ...given,
  };
}

/** A source that answers when it is told to, with what it held when it was asked. */
function slowSource() {
  let value = 0;
  const asked: { answer: () => void; fail: (error: Error) => void }[] = [];
  return {
    asked,
    write: () => (value += 1),
    value: () => value,
    load: () => {
      const read = value;
      return new Promise<unknown>((resolve, reject) =>
        asked.push({ answer: () => resolve(read), fail: reject }),
      );
    },
  };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('an entry', () => {
  test('is kept for its time and no longer, and counted', async () => {
    const { cache, clock } = opened();
    let loads = 0;
    const wanted = wanting(() => (loads += 1));
    assert.equal((await cache.get(wanted)).from, 'MISS');
    assert.equal((await cache.get(wanted)).from, 'HIT');
    clock.at = 999;
    assert.equal(cache.peek(area, TENANT, 'all'), 1);
    clock.at = 1_000;
    assert.equal(cache.peek(area, TENANT, 'all'), undefined);
    assert.equal((await cache.get(wanted)).value, 2);
    const { hits, misses, loads: counted, entries } = cache.counts().get('rooms') ?? {};
    assert.deepEqual({ hits, misses, counted, entries }, { hits: 2, misses: 2, counted: 2, entries: 1 });
  });

  test('ends up to a tenth of its time earlier, so that not all end at one moment', async () => {
    const { cache, clock } = opened({ random: () => 1 });
    await cache.get(wanting(() => 1));
    clock.at = 900;
    assert.equal(cache.peek(area, TENANT, 'all'), undefined);
  });

  test('is thrown away when what it is made of changes, and only then, and only of that tenant', async () => {
    const { cache } = opened();
    await cache.get(wanting(() => 'mine'));
    await cache.get(wanting(() => 'theirs', { tenant: OTHER }));
    cache.changed(TENANT, [{ type: 'event.updated', resourceIds: [] }]);
    assert.equal(cache.peek(area, TENANT, 'all'), 'mine');
    cache.changed(TENANT, roomChanged);
    assert.equal(cache.peek(area, TENANT, 'all'), undefined);
    assert.equal(cache.peek(area, OTHER, 'all'), 'theirs');
  });

  test('is not shown while the changes are not heard', async () => {
    const { cache, hearing } = opened();
    await cache.get(wanting(() => 1));
    hearing.isHearing = false;
    assert.equal(cache.peek(area, TENANT, 'all'), undefined);
    assert.equal((await cache.get(wanting(() => 2))).value, 2);
  });

  test('goes when there is no room by entries or by bytes, and nothing of it stays behind', async () => {
    const { cache } = opened({ bounds: { entries: 10, bytes: 5_000 } });
    for (let n = 0; n < 100; n++) await cache.get(wanting(() => n, { key: `k${n}`, madeOf: [`tag${n}`] }));
    const { entries = 0, bytes = 0, evictions = 0 } = cache.counts().get('rooms') ?? {};
    assert.ok(entries > 0 && entries <= 10 && bytes <= 5_000, `${entries} entries, ${bytes} bytes`);
    assert.equal(entries + evictions, 100);
    cache.clear(TENANT);
    assert.deepEqual([cache.counts().get('rooms')?.entries, cache.counts().get('rooms')?.bytes], [0, 0]);
  });

  test('that ends with another does not outlive it', async () => {
    const { cache, clock } = opened();
    const inner = wanting(() => 1);
    await cache.get(inner);
    clock.at = 600;
    const outer = wanting(() => 1, {
      key: 'packed',
      load: async () => ({ value: 1, bytes: 1, freshUntil: (await cache.get(inner)).freshUntil }),
    });
    await cache.get(outer);
    clock.at = 1_000;
    assert.equal(cache.peek(area, TENANT, 'packed'), undefined);
  });
});

describe('a load', () => {
  test('is one for all who wait', async () => {
    const { cache } = opened();
    const source = slowSource();
    const all = Array.from({ length: 500 }, () => cache.get(wanting(source.load)));
    await turn();
    assert.equal(source.asked.length, 1);
    source.asked[0]?.answer();
    assert.deepEqual(new Set((await Promise.all(all)).map(({ value }) => value)), new Set([0]));
  });

  test('that fails is one for all who wait, and nobody asks again for a moment', async () => {
    const { cache, clock } = opened();
    let asked = 0;
    const wanted = wanting(() => {
      asked += 1;
      throw unavailable('down');
    });
    for (let round = 0; round < 5; round++)
      for (const one of await Promise.allSettled(Array.from({ length: 100 }, () => cache.get(wanted))))
        assert.equal(one.status, 'rejected');
    assert.equal(asked, 1);
    clock.at = 251;
    await assert.rejects(cache.get(wanted));
    assert.equal(asked, 2);
  });

  test('that fails shows what was kept for a while more, where that is allowed', async () => {
    const { cache, clock } = opened();
    const never: Area = { ...area, name: 'grid', staleIfErrorMs: 0 };
    await cache.get(wanting(() => 'old'));
    await cache.get(wanting(() => 'old', { area: never }));
    const down = () => {
      throw unavailable('down');
    };
    clock.at = 1_500;
    const { value, from } = await cache.get(wanting(down));
    assert.deepEqual({ value, from }, { value: 'old', from: 'STALE' });
    assert.equal((await cache.get(wanting(down))).from, 'STALE', 'also without asking again');
    await assert.rejects(cache.get(wanting(down, { area: never })));
    clock.at = 6_001;
    await assert.rejects(cache.get(wanting(down)));
  });

  test('that is refused is not a failure of the source', async () => {
    const { cache } = opened();
    const refuse = () => {
      throw notFound('room');
    };
    await assert.rejects(cache.get(wanting(refuse)));
    assert.equal((await cache.get(wanting(() => 1))).value, 1);
  });

  test('is not joined by who asks after a change: the next load serves those, and there is one at a time', async () => {
    const { cache } = opened();
    const source = slowSource();
    const before = cache.get(wanting(source.load));
    await turn();
    source.write();
    cache.changed(TENANT, roomChanged);
    const after = [cache.get(wanting(source.load)), cache.get(wanting(source.load))];
    await turn();
    assert.equal(source.asked.length, 1, 'two loads of one key at a time');
    source.asked[0]?.answer();
    assert.equal((await before).value, 0);
    await turn();
    source.asked[1]?.answer();
    assert.deepEqual(
      (await Promise.all(after)).map(({ value }) => value),
      [1, 1],
    );
    assert.equal(source.asked.length, 2);
    assert.equal(cache.peek(area, TENANT, 'all'), 1);
  });
});

type Step = 'ask' | 'answer' | 'fail' | 'change' | 'other' | 'clear';
const steps = fc.array(
  fc.constantFrom<Step>('ask', 'ask', 'answer', 'answer', 'fail', 'change', 'other', 'clear'),
  {
    minLength: 4,
    maxLength: 40,
  },
);

/** Plays the steps; who asks after a change was told must never get what was there before it. */
async function staleAnswers(order: readonly Step[], fenced: boolean): Promise<number> {
  const { cache, clock } = opened({ fenced });
  const source = slowSource();
  const answers: Promise<boolean>[] = [];
  const finish = (how: 'answer' | 'fail') => {
    const asked = source.asked.shift();
    if (how === 'answer') asked?.answer();
    else asked?.fail(unavailable('down'));
  };
  for (const step of order) {
    if (step === 'ask') {
      const known = source.value();
      answers.push(
        cache.get(wanting(source.load)).then(
          ({ value, from }) => from !== 'STALE' && (value as number) < known,
          () => false,
        ),
      );
    } else if (step === 'answer' || step === 'fail') finish(step);
    else if (step === 'other') cache.changed(TENANT, [{ type: 'event.updated', resourceIds: [] }]);
    else {
      source.write();
      if (step === 'clear') cache.clear(TENANT);
      else cache.changed(TENANT, roomChanged);
    }
    clock.at += 100;
    await turn();
  }
  for (let left = 0; left < order.length; left++) {
    finish('answer');
    await turn();
  }
  return (await Promise.all(answers)).filter((isStale) => isStale).length;
}

describe('the fence', () => {
  test('lets nobody see what was there before a change that he knows of, whatever the order', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (order) => {
        assert.equal(await staleAnswers(order, true), 0);
      }),
      { numRuns: 300 },
    );
  });

  test('is what does it: without the fence the same property fails', async () => {
    const { failed } = await fc.check(
      fc.asyncProperty(steps, async (order) => (await staleAnswers(order, false)) === 0),
      { numRuns: 1_000 },
    );
    assert.ok(failed, 'nothing was stale without the fence');
  });
});
