import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { examine } from '../src/engine/examine.ts';
import { promises } from '../src/kinds/index.ts';
import { createKey } from '../src/people/key.ts';
import { createTenant } from '../src/people/tenant.ts';
import { asOwner } from '../src/platform/migrate.ts';
import { freshDatabase, type FreshDatabase } from './database.ts';
import { runProgram, type Program } from './program.ts';

/** Two server processes on one database, sweeper off, and a company with a key: what a race runs against. */
class Arena {
  readonly database: FreshDatabase;
  readonly #servers: Program[];
  readonly #urls: string[];
  readonly #key: string;
  #turn = 0;
  #rooms = 0;

  private constructor(database: FreshDatabase, servers: Program[], urls: string[], key: string) {
    this.database = database;
    this.#servers = servers;
    this.#urls = urls;
    this.#key = key;
  }

  static async open(env: Record<string, string> = {}): Promise<Arena> {
    const database = await freshDatabase();
    const tenant = await createTenant(database.db, { slug: 'arena' });
    const key = await createKey(database.db, tenant.id, { role: 'admin', name: 'races' });
    const settings = {
      DATABASE_URL: database.servingUrl,
      DATABASE_DIRECT_URL: database.ownerUrl,
      PORT: '0',
      SWEEPER: 'off',
      LOG_LEVEL: 'silent',
      ...env,
    };
    const servers = [1, 2].map(() => runProgram(['start'], { env: settings }));
    const served = await Promise.all(servers.map((server) => server.says(/serves on (http:\S+)/)));
    return new Arena(
      database,
      servers,
      served.map((match) => match[1] ?? ''),
      key,
    );
  }

  /** Sends to the two servers in turn. */
  async post(path: string, body: unknown): Promise<{ status: number; body: { id: string; code?: string } }> {
    const url = this.#urls[(this.#turn += 1) % this.#urls.length] ?? '';
    const answer = await fetch(`${url}/api/v1/arena${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return { status: answer.status, body: (await answer.json()) as { id: string } };
  }

  async newRoom(): Promise<string> {
    return (await this.post('/rooms', { name: `Room ${(this.#rooms += 1)}`, building: 'B', capacity: 1 }))
      .body.id;
  }

  /** An event on sale in a standing section of 100 places, which is the only one with a price. */
  async newEvent(given: object): Promise<{ id: string; sectionId: string }> {
    const sections = [{ name: 'Floor', kind: 'standing', capacity: 100 }];
    const { body: venue } = await this.post('/venues', { name: 'Hall', sections });
    const asked = { name: 'Concert', venueId: venue.id, startsAt: '2030-05-06T18:00:00Z', ...given };
    const made = await this.post('/events', asked);
    const [price] = (made.body as unknown as { prices: { sectionId: string }[] }).prices;
    await this.post(`/events/${made.body.id}/publish`, {});
    return { id: made.body.id, sectionId: price?.sectionId ?? '' };
  }

  /** Holds minutes `[from, to)` of a room. */
  hold(roomId: string, from: number, to: number, ttlSeconds = 600) {
    const at = (minute: number) => new Date(Date.UTC(2030, 0, 1, 0, minute)).toISOString();
    return this.post('/holds', {
      lines: [{ kind: 'room', roomId, start: at(from), end: at(to) }],
      ttlSeconds,
    });
  }

  /** What the doctor finds broken; the tests' cluster does not wait for the disk, which it rightly complains about. */
  async broken(): Promise<string[]> {
    const found = await asOwner(this.database.ownerUrl, (client) =>
      Array.fromAsync(examine(client, promises)),
    );
    return found.filter(({ id, broken }) => broken > 0 && id !== 'durability-is-on').map(({ id }) => id);
  }

  async close(): Promise<void> {
    for (const server of this.#servers) server.kill('SIGTERM');
    await Promise.all(this.#servers.map((server) => server.ended));
    await this.database.close();
  }
}

const RIVALS = 100;
const ROUNDS = 10;

/** How many of 100 clients get the same hour of one room, in each of several rooms. */
async function winners(arena: Arena): Promise<number[]> {
  const counts: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const room = await arena.newRoom();
    const answers = await Promise.all(Array.from({ length: RIVALS }, () => arena.hold(room, 0, 60)));
    const lost = answers.filter(({ status, body }) => status === 409 && body.code === 'capacity_unavailable');
    const won = answers.filter(({ status }) => status === 201).length;
    assert.equal(won + lost.length, RIVALS, 'every answer is a clean 201 or 409');
    counts.push(won);
  }
  return counts;
}

describe('two servers on one database, sweeper off', () => {
  let arena: Arena;
  before(async () => {
    arena = await Arena.open();
  });
  after(() => arena.close());

  test('of 100 clients for one room and time exactly one gets it', async () => {
    assert.deepEqual(await winners(arena), Array(ROUNDS).fill(1));
  });

  test('overlapping requests of different start and length never both succeed', async () => {
    const room = await arena.newRoom();
    const asked = Array.from({ length: 200 }, (_, i) => ({
      from: (i * 37) % 240,
      length: 1 + ((i * 53) % 90),
    }));
    const answers = await Promise.all(
      asked.map(async ({ from, length }) => ({
        from,
        to: from + length,
        ...(await arena.hold(room, from, from + length)),
      })),
    );
    const sold = answers.filter(({ status }) => status === 201).sort((a, b) => a.from - b.from);
    assert.ok(answers.every(({ status }) => status === 201 || status === 409));
    assert.ok(sold.length > 2);
    sold.forEach((each, i) => assert.ok(i === 0 || (sold[i - 1]?.to ?? 0) <= each.from));
    const refused = answers.filter(({ status }) => status === 409);
    assert.ok(
      refused.every((no) => sold.some((yes) => yes.from < no.to && no.from < yes.to)),
      'nothing free is refused',
    );
  });

  test('neighbours with no gap between them all succeed at the same moment', async () => {
    const room = await arena.newRoom();
    const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => arena.hold(room, i, i + 1)));
    assert.deepEqual(
      answers.map(({ status }) => status),
      Array(60).fill(201),
    );
  });

  test('an expired hold is sold to exactly one of those who wait for it, at once and with no sweeper', async () => {
    const room = await arena.newRoom();
    const first = await arena.hold(room, 0, 60, 1);
    assert.equal(first.status, 201);
    let won = 0;
    while (won === 0) {
      const answers = await Promise.all(Array.from({ length: 10 }, () => arena.hold(room, 0, 60)));
      assert.ok(answers.every(({ status }) => status === 201 || status === 409));
      won = answers.filter(({ status }) => status === 201).length;
    }
    assert.equal(won, 1);
    assert.equal((await arena.post(`/bookings/${first.body.id}/confirm`, {})).status, 410);
  });

  test('of 50 buyers of two tiers that share 20 places exactly 20 get one', async () => {
    const { id: eventId, sectionId } = await arena.newEvent({
      prices: [{ section: 'Floor', amountMinor: 1_000 }],
      groups: [{ name: 'Terrace', capacity: 20 }],
      tiers: ['Adult', 'Child'].map((name) => ({ name, amountMinor: 500, group: 'Terrace' })),
    });
    const line = { kind: 'admission', eventId, sectionId, quantity: 1 };
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        arena.post('/holds', { lines: [{ ...line, tier: i % 3 === 0 ? 'Child' : 'Adult' }] }),
      ),
    );
    const lost = answers.filter(({ status, body }) => status === 409 && body.code === 'capacity_unavailable');
    assert.deepEqual([answers.filter(({ status }) => status === 201).length, lost.length], [20, 30]);
  });

  test('afterwards every promise of the doctor holds', async () => {
    assert.deepEqual(await arena.broken(), []);
  });
});

// The control: the same race with the guard taken out. It must go red, or the race above proves nothing.
describe('two servers whose locks and constraint are taken out', () => {
  let arena: Arena;
  before(async () => {
    arena = await Arena.open({ NODE_ENV: 'test', HOLDFAST_TEST_UNSAFE: 'no-guard' });
    await asOwner(arena.database.ownerUrl, (client) =>
      client.query('alter table engine.interval_claim drop constraint interval_never_shared'),
    );
  });
  after(() => arena.close());

  test('sell one room and time more than once, and the doctor sees it', async () => {
    const sold = await winners(arena);
    assert.ok(
      sold.some((won) => won > 1),
      `the race was never lost: ${sold.join()}`,
    );
    assert.deepEqual(await arena.broken(), ['no-overlap', 'constraints-stand']);
  });
});
