import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { createKey } from '../../src/people/key.ts';
import { openDatabase } from '../../src/platform/db.ts';
import { openClient } from '../../src/cli/client.ts';
import { silentLog } from '../database.ts';
import { unless, type FaultRow } from './row.ts';
import type { Stage } from './stage.ts';

const MAX_CONNECTIONS = 40;
const TWINS = 50;

/** Sessions of somebody else, until PostgreSQL takes no more. */
async function takeAllConnections(url: string): Promise<pg.Client[]> {
  const taken: pg.Client[] = [];
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    try {
      await client.connect();
      taken.push(client);
    } catch {
      return taken;
    }
  }
}

export const noConnections: FaultRow = {
  name: 'F19',
  fault: 'a stranger takes every connection of PostgreSQL',
  settings: { max_connections: String(MAX_CONNECTIONS) },
  strike: async (stage) => {
    const from = Date.now();
    const strangers = await takeAllConnections(stage.postgres.servingUrl);
    await stage.owner((owner) =>
      owner.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'holdfast'`,
      ),
    );
    strangers.push(...(await takeAllConnections(stage.postgres.servingUrl)));
    const fullAt = Date.now();
    await wait(3_000);
    const health = await fetch(`${stage.urls[0]}/health/live`);
    const to = Date.now();
    await Promise.all(strangers.map((client) => client.end()));
    const healed = await stage.untilServed(Date.now());
    const unknown = stage.told(fullAt, to - 500).filter(({ what }) => what === 'unknown');
    const slowest = Math.max(0, ...unknown.map(({ sentAt, at }) => at - sentAt));
    return [
      ...unless(
        stage.told(from, to).some(({ what }) => what === 'unknown'),
        'nobody noticed',
      ),
      ...unless(health.status === 200, `the health was answered ${health.status}`),
      ...unless(slowest <= 2_000, `a 503 took ${slowest} ms`),
      ...unless(healed < 3_000, `nobody was served for ${healed} ms after there were connections again`),
    ];
  },
};

interface Repeated {
  status: number;
  replayed: boolean;
  text: string;
  code?: string | undefined;
}

export const repeatedKeys: FaultRow = {
  name: 'F21',
  fault: 'one key 50 times at once, after a crash, with another body, of somebody else',
  strike: async (stage) => {
    const key = randomUUID();
    const ask = async (server: 0 | 1, hour = 0): Promise<Repeated> => {
      const { status, replayed, body } = await stage.call(server, 'hold', '/holds', wish(stage, hour), key);
      return { status, replayed, text: JSON.stringify(body), code: (body as { code?: string }).code };
    };
    const twins = await Promise.all(Array.from({ length: TWINS }, (_, i) => ask(i % 2 === 0 ? 0 : 1)));
    await stage.postgres.kill();
    await stage.servers[0].kill();
    await stage.servers[0].start();
    await stage.untilServed(Date.now());
    const [first] = twins;
    const later = [await ask(0), await ask(1)];
    const other = await ask(1, 1);
    const stranger = await askAsStranger(stage, key);
    const made = await stage.owner(async (owner) => {
      await owner.query(`set holdfast.tenant = '${stage.tenant}'`);
      return owner.query('select from engine.booking_line where details @> $1', [{ start: startOf(0) }]);
    });
    return [
      ...unless(
        [...twins, ...later].every(({ text }) => text === first?.text),
        'the twins were told different things',
      ),
      ...unless(first?.status === 201, `they were told ${first?.text}`),
      ...unless(
        twins.filter(({ replayed }) => !replayed).length === 1,
        'not exactly one of them was the first',
      ),
      ...unless(
        later.every(({ replayed }) => replayed),
        'the key was forgotten in the crash',
      ),
      ...unless(other.code === 'idempotency_key_reused', `another body was answered ${other.text}`),
      ...unless(stranger === 409, `somebody else with the same key was answered ${stranger}`),
      ...unless(made.rowCount === 1, `${made.rowCount} bookings were made`),
    ];
  },
};

function startOf(hour: number): string {
  return new Date(Date.UTC(2035, 0, 1, hour)).toISOString();
}

function wish(stage: Stage, hour: number): object {
  return { lines: [{ kind: 'room', roomId: stage.rooms[0], start: startOf(hour), end: startOf(hour + 1) }] };
}

/** The same key and body from another principal is another wish: the room is taken by then. */
async function askAsStranger(stage: Stage, idempotencyKey: string): Promise<number> {
  const db = openDatabase({ url: stage.postgres.servingUrl, size: 1, named: true, log: silentLog });
  const key = await createKey(db, stage.tenant, { role: 'client', name: 'somebody else' });
  await db.close();
  const client = openClient({ url: stage.urls[1], tenant: 'faults', key, connections: 1 });
  const { status } = await client.call(
    'POST',
    '/holds',
    { ...wish(stage, 0), note: idempotencyKey },
    idempotencyKey,
  );
  client.close();
  return status;
}
