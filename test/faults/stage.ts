import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Answer } from '../../src/cli/client.ts';
import { createKey } from '../../src/people/key.ts';
import { createTenant } from '../../src/people/tenant.ts';
import { openDatabase } from '../../src/platform/db.ts';
import type { Settings } from '../../src/platform/embedded/cluster.ts';
import type { Uuid } from '../../src/platform/id.ts';
import { asOwner, migrate } from '../../src/platform/migrate.ts';
import { audit, type Findings } from '../chaos/audit.ts';
import type { Entry, ToldBooking } from '../chaos/ledger.ts';
import { OwnPostgres } from '../chaos/own-postgres.ts';
import { Server } from '../chaos/servers.ts';
import { openShop } from '../chaos/shop.ts';
import { takenBy, type Wares } from '../chaos/wares.ts';
import { silentLog } from '../database.ts';
import { freePort } from '../program.ts';
import { takeOut, type Edit } from '../take-out.ts';
import { OpenLedger, serveCustomers } from './load.ts';

const RANGE = { rooms: 6, slots: 48, seats: 20, standing: 200 };
const WARM_UP_MS = 1_500;
const QUIET_MS = 1_500;
/** A full disk tells customers to come again after 30 s; whoever is not served long after that never will be. */
const LONGEST_HEALING_MS = 60_000;

export interface Setting {
  /** Settings of PostgreSQL. */
  settings?: Settings;
  /** Run as the owner before the servers start. */
  prepare?: (ownerUrl: string) => Promise<unknown>;
  /** Makes the place where PostgreSQL keeps its data, when it is not the usual one. */
  disk?: () => string;
  /** What is added to the environment of the first server and of the second. */
  env?: readonly [Readonly<Record<string, string>>, Readonly<Record<string, string>>] | undefined;
  /** Guards that neither server has. */
  edits?: readonly Edit[];
}

/** What came of a fault: figures for the table, and what was broken. */
export interface Figures {
  acknowledged: number;
  refused: number;
  unknown: number;
  outageMs: number;
  p99Ms: number;
  longestMs: number;
  findings: Findings;
}

/** A durable PostgreSQL and two servers of its own, under customers who keep a ledger. */
export class Stage {
  readonly postgres: OwnPostgres;
  readonly servers: readonly [Server, Server];
  readonly urls: readonly [string, string];
  readonly tenant: Uuid;
  readonly wares: Wares;
  readonly rooms: readonly string[];
  /** Not beside PostgreSQL's data, whose disk may be full. */
  readonly #home = mkdtempSync(join(tmpdir(), 'holdfast-faults-'));
  readonly #ledger: OpenLedger;
  #isOver = false;
  #load: Promise<void> = Promise.resolve();

  private constructor(of: Pick<Stage, 'postgres' | 'servers' | 'urls' | 'tenant' | 'wares' | 'rooms'>) {
    this.postgres = of.postgres;
    this.servers = of.servers;
    this.urls = of.urls;
    this.tenant = of.tenant;
    this.wares = of.wares;
    this.rooms = of.rooms;
    this.#ledger = new OpenLedger(join(this.#home, 'ledger.jsonl'));
  }

  static async open({ settings, prepare, disk, env = [{}, {}], edits = [] }: Setting): Promise<Stage> {
    const postgres = await OwnPostgres.open(settings, disk?.());
    await migrate(postgres.ownerUrl, postgres.servingLogin);
    await prepare?.(postgres.ownerUrl);
    const db = openDatabase({ url: postgres.servingUrl, size: 1, named: true, log: silentLog });
    const tenant = await createTenant(db, { slug: 'faults' });
    const key = await createKey(db, tenant.id, { role: 'admin', name: 'customers' });
    await db.close();
    const ports = [await freePort(), await freePort()] as const;
    const server = (i: 0 | 1) =>
      new Server(
        {
          DATABASE_URL: postgres.servingUrl,
          DATABASE_DIRECT_URL: postgres.ownerUrl,
          PORT: String(ports[i]),
          HOST: '127.0.0.1',
          LOG_LEVEL: 'silent',
          ...env[i],
          ...takeOut(edits),
        },
        { tenant: 'faults', key },
      );
    const servers = [server(0), server(1)] as const;
    await Promise.all(servers.map((each) => each.start()));
    const wares = await openShop(servers, RANGE);
    const rooms = [...wares.capacity.keys()].flatMap((cell) =>
      cell.includes(' ') ? [cell.split(' ')[0] ?? ''] : [],
    );
    const urls = [`http://127.0.0.1:${ports[0]}`, `http://127.0.0.1:${ports[1]}`] as const;
    return new Stage({ postgres, servers, urls, tenant: tenant.id, wares, rooms: [...new Set(rooms)] });
  }

  /** Customers come, and have been served for a while when this resolves. */
  async warmUp(): Promise<void> {
    const { servers, wares } = this;
    this.#load = serveCustomers({ servers, wares, ledger: this.#ledger }, () => this.#isOver);
    this.#load.catch(() => undefined); // told by `settle`
    await wait(WARM_UP_MS);
  }

  /** A call of the row's own, in the same ledger: what it makes is no ghost. */
  async call(
    server: 0 | 1,
    verb: 'hold' | 'confirm',
    path: string,
    body: object,
    key: string = randomUUID(),
  ): Promise<Answer> {
    const sentAt = Date.now();
    const asked = verb === 'hold' ? { ...body, note: key } : body;
    const answer = await this.servers[server].call('POST', path, asked, key);
    const { status, replayed } = answer;
    const booking = answer.body as ToldBooking;
    if (status < 300)
      this.#ledger.append({
        intention: key,
        verb,
        sentAt,
        at: Date.now(),
        what: 'acknowledged',
        status,
        replayed,
        booking,
      });
    return answer;
  }

  /** What calls were told that were under way between two moments. */
  told(from: number, to: number): Entry[] {
    return this.#ledger.entries.filter(({ sentAt, at }) => at >= from && sentAt <= to);
  }

  /** Milliseconds from `at` until somebody was told of a success that began after it; throws when nobody ever is. */
  async untilServed(at: number): Promise<number> {
    for (const from = Date.now(); Date.now() - from < LONGEST_HEALING_MS;) {
      const served = this.#ledger.entries.find(({ what, sentAt }) => what === 'acknowledged' && sentAt >= at);
      if (served !== undefined) return served.at - at;
      await wait(20);
    }
    throw new Error(`nobody was served for ${LONGEST_HEALING_MS} ms after the fault`);
  }

  /** Lets the customers finish what they asked for, and lays their ledger beside the database. */
  async settle(from: number, to: number): Promise<Figures> {
    await wait(QUIET_MS);
    this.#isOver = true;
    await this.#load;
    const entries = this.#ledger.entries;
    const during = entries.filter((entry) => entry.at >= from && entry.sentAt <= to);
    const latencies = during.map(({ sentAt, at }) => at - sentAt).sort((a, b) => a - b);
    const { findings } = await audit(this.postgres.ownerUrl, {
      tenant: this.tenant,
      entries,
      capacity: this.#capacity(),
      excused: [],
    });
    return {
      acknowledged: entries.filter(({ what }) => what === 'acknowledged').length,
      refused: entries.filter(({ what }) => what === 'refused').length,
      unknown: new Set(entries.flatMap((e) => (e.what === 'unknown' ? [e.intention] : []))).size,
      outageMs: longestSilence(entries, from - WARM_UP_MS / 2, to + QUIET_MS),
      p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
      longestMs: latencies.at(-1) ?? 0,
      findings,
    };
  }

  /** Also of the half hours that only a row asked for. */
  #capacity(): Map<string, number> {
    const booked = this.#ledger.entries.flatMap((e) =>
      e.what === 'acknowledged' ? [...takenBy(e.booking.lines).keys()] : [],
    );
    return new Map([...booked.map((cell) => [cell, 1] as const), ...this.wares.capacity]);
  }

  async owner<T>(work: Parameters<typeof asOwner<T>>[1]): Promise<T> {
    return asOwner(this.postgres.ownerUrl, work);
  }

  async close(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.servers.map((server) => server.stop()));
    await this.#load.catch(() => undefined);
    await this.postgres.close();
    rmSync(this.#home, { recursive: true });
  }
}

/** The longest time in which nobody was told of a success. */
function longestSilence(entries: readonly Entry[], from: number, to: number): number {
  const times = entries
    .filter(({ what, at }) => what === 'acknowledged' && at >= from && at <= to)
    .map(({ at }) => at);
  const marks = [from, ...times.sort((a, b) => a - b), to];
  return Math.max(...marks.map((at, i) => at - (marks[i - 1] ?? at)));
}
