import type pg from 'pg';
import { createKey } from '../../src/people/key.ts';
import { createTenant } from '../../src/people/tenant.ts';
import { openDatabase } from '../../src/platform/db.ts';
import type { Settings } from '../../src/platform/embedded/cluster.ts';
import { asOwner, migrate } from '../../src/platform/migrate.ts';
import { silentLog } from '../database.ts';
import { audit, type Findings } from './audit.ts';
import { Ledger, type Entry } from './ledger.ts';
import { OwnPostgres } from './own-postgres.ts';
import { rush } from './rush.ts';
import { Server } from './servers.ts';
import { openShop, type Range } from './shop.ts';
import { Storm, type Blow } from './storm.ts';
import type { Wares } from './wares.ts';

export interface Run {
  /** What is killed, in this order; shops are opened and sold out until all of it has happened. */
  plan: readonly Blow[];
  sweeper: 'on' | 'off';
  /** What each shop sells. */
  range: Range;
  holdSeconds?: number;
  /** Ends with the last blow instead of with a shop that is sold out. */
  stopsEarly?: boolean;
  /** The controls: what is taken away so that the harness must find harm. */
  without?: {
    settings?: Settings;
    env?: Readonly<Record<string, string>>;
    sameKey?: false;
    buying?: false;
    prepare?: (client: pg.Client) => Promise<unknown>;
  };
  /** Told after each blow. */
  progress?: (struck: number) => void;
  /** Ends the run before its time, and leaves nothing behind. */
  signal?: AbortSignal;
}

export interface Tally {
  acknowledged: number;
  refused: number;
  /** Intentions of which a call was not answered, or with a 503. */
  unknown: number;
  /** Of those, the ones that were resolved by asking again. */
  resolved: number;
  sold: number;
  capacity: number;
  struck: readonly Blow[];
  /** The longest time in which nobody got an answer while customers were asking. */
  outageMs: number;
  findings: Findings & { notSoldExactly: string[] };
}

const SLUG = 'chaos';
const HOLD_SECONDS = 20;
/** What nobody keeps while the sweeper is off. */
const UNSWEPT = ['holds-are-swept'];

/** Sells out shops through two servers while they and their PostgreSQL are killed, and lays the books side by side. */
export async function runKills(run: Run): Promise<Tally> {
  const postgres = await OwnPostgres.open(run.without?.settings);
  try {
    const company = await openCompany(postgres, run);
    const servers = [1, 2].map(() => new Server(serverSettings(postgres, run), company.login));
    const ledger = new Ledger(postgres.path('ledger.jsonl'));
    const storm = new Storm(postgres, run.plan, run.progress);
    try {
      await Promise.all(servers.map((server) => server.start()));
      const selling = sellOut(run, servers, ledger, storm);
      const shops = await unlessStopped(run.signal, selling, storm.rage(servers));
      await Promise.all(servers.map((server) => server.stop()));
      return await settle(run, postgres, company.tenant, ledger.read(), shops, storm.struck);
    } finally {
      ledger.close();
      await Promise.all(servers.map((server) => server.close()));
    }
  } finally {
    await postgres.close();
  }
}

/** The first result, once both are there; rejects at once when either fails or somebody wants no more. */
async function unlessStopped<T>(
  signal: AbortSignal | undefined,
  first: Promise<T>,
  second: Promise<void>,
): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  signal?.addEventListener('abort', () => stopped.reject(new Error('stopped')), { once: true });
  const [result] = await Promise.race([Promise.all([first, second]), stopped.promise]);
  return result;
}

/** A company that sells, with the key of its customers. */
export async function openCompany(
  { ownerUrl, servingUrl, servingLogin }: OwnPostgres,
  { without }: Pick<Run, 'without'>,
) {
  await migrate(ownerUrl, servingLogin);
  const db = openDatabase({ url: servingUrl, size: 1, named: true, log: silentLog });
  const tenant = await createTenant(db, { slug: SLUG });
  const key = await createKey(db, tenant.id, { role: 'admin', name: 'customers' });
  await db.close();
  await asOwner(ownerUrl, async (client) => without?.prepare?.(client));
  return { tenant: tenant.id, login: { tenant: SLUG, key } };
}

export function serverSettings(
  { ownerUrl, servingUrl }: OwnPostgres,
  { sweeper, without }: Pick<Run, 'sweeper' | 'without'>,
) {
  return {
    DATABASE_URL: servingUrl,
    DATABASE_DIRECT_URL: ownerUrl,
    PORT: '0',
    SWEEPER: sweeper,
    LOG_LEVEL: 'silent',
    ...without?.env,
  };
}

/** A shop and the time in which it was sold out. */
interface Shop {
  wares: Wares;
  from: number;
  to: number;
}

async function sellOut(
  { range, holdSeconds = HOLD_SECONDS, stopsEarly = false, without }: Run,
  servers: readonly Server[],
  ledger: Ledger,
  storm: Storm,
): Promise<Shop[]> {
  const shops: Shop[] = [];
  do {
    const wares = await openShop(servers, range);
    const from = Date.now();
    const enough = () => stopsEarly && storm.isOver;
    const { sameKey = true, buying = true } = without ?? {};
    await rush({ servers, ledger, sameKey, buying, wares, holdSeconds, enough });
    shops.push({ wares, from, to: Date.now() });
  } while (!storm.isOver);
  return shops;
}

async function settle(
  { sweeper, stopsEarly }: Run,
  postgres: OwnPostgres,
  tenant: string,
  entries: readonly Entry[],
  shops: readonly Shop[],
  struck: readonly Blow[],
): Promise<Tally> {
  const capacity = new Map(shops.flatMap(({ wares }) => [...wares.capacity]));
  const excused = sweeper === 'off' ? UNSWEPT : [];
  const { findings, sold } = await audit(postgres.ownerUrl, { tenant, entries, capacity, excused });
  const wrongly = [...capacity].filter(([cell, units]) => (sold.get(cell) ?? 0) !== units);
  const notSoldExactly = wrongly.map(([cell, units]) => `${cell}: ${sold.get(cell) ?? 0} of ${units}`);
  const unknown = new Set(entries.flatMap((e) => (e.what === 'unknown' ? [e.intention] : []))).size;
  return {
    acknowledged: entries.filter(({ what }) => what === 'acknowledged').length,
    refused: entries.filter(({ what }) => what === 'refused').length,
    unknown,
    resolved: unknown - findings.unresolved.length,
    sold: sum(sold.values()),
    capacity: sum(capacity.values()),
    struck,
    outageMs: Math.max(...shops.map((shop) => longestSilence(entries, shop))),
    findings: { ...findings, notSoldExactly: stopsEarly ? [] : notSoldExactly },
  };
}

function longestSilence(entries: readonly Entry[], { from, to }: Shop): number {
  let longest = 0;
  let last = from;
  for (const { what, at } of entries) {
    if (what === 'unknown' || at < from || at > to) continue;
    longest = Math.max(longest, at - last);
    last = at;
  }
  return longest;
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, each) => total + each, 0);
}
