import { setTimeout as wait } from 'node:timers/promises';
import { percentile } from '../../src/cli/percentile.ts';
import { unless } from '../faults/row.ts';
import { audit, type Findings } from './audit.ts';
import { crowd, latecomers, type Hope } from './crowd.ts';
import { Ledger, type Entry } from './ledger.ts';
import { orphansMade } from './orphans.ts';
import { OwnPostgres } from './own-postgres.ts';
import { openCompany, serverSettings, type Run } from './run.ts';
import { Server } from './servers.ts';
import { openEvent, organiser, patientAt, type Hall } from './shop.ts';
import { markdown } from './table.ts';

/** The first minutes of a sale that everybody has waited for. */
export interface OnSale {
  hall: Required<Hall>;
  buyers: number;
  connections: number;
  holdSeconds: number;
  /** How many may use the code, which more have. */
  codeUses: number;
  /** The controls: what is taken away so that harm must be found. */
  without?: Run['without'];
  say?: (line: string) => void;
  signal?: AbortSignal;
}

export interface OnSaleTally {
  hopes: Readonly<Record<Hope, number>>;
  sold: number;
  free: number;
  capacity: number;
  /** Calls of which no answer came, all of them asked again elsewhere. */
  unknown: number;
  holdsPerSecond: number;
  answersPerSecond: number;
  p95: number;
  p99: number;
  findings: Findings & { orphans: string[]; notAccountedFor: string[]; codeUses: string[] };
}

type Place = Awaited<ReturnType<typeof openEvent>>;

/** Everybody at once, at two servers of which one is killed in the middle; then the books are laid side by side. */
export async function runOnSale(sale: OnSale): Promise<OnSaleTally> {
  const postgres = await OwnPostgres.open(sale.without?.settings);
  try {
    const company = await openCompany(postgres, sale);
    const settings = serverSettings(postgres, { sweeper: 'on', ...sale });
    const servers = [1, 2].map(() => new Server(settings, company.login, sale.connections));
    const ledger = new Ledger(postgres.path('ledger.jsonl'));
    try {
      await Promise.all(servers.map((server) => server.start()));
      const post = await organiser(servers);
      const place = await openEvent(post, servers, sale.hall);
      const { id: codeId } = await post('/discount-codes', {
        code: CODE,
        percent: 10,
        maxUses: sale.codeUses,
      });
      const begun = performance.now();
      const options = { ...sale, servers, ledger, place, code: CODE };
      const hopes = await crowd(options);
      const seconds = (performance.now() - begun) / 1_000;
      await freeAtRest(servers, place, sale.signal);
      await latecomers(options);
      const free = await freeAtRest(servers, place, sale.signal);
      const { body: code } = await patientAt(servers)('GET', `/discount-codes/${String(codeId)}`);
      await servers[1]?.stop();
      const { used } = code as { used: number };
      const { tenant } = company;
      return await settle(sale, { postgres, tenant, place, ledger, hopes, seconds, free, used });
    } finally {
      ledger.close();
      await Promise.all(servers.map((server) => server.close()));
    }
  } finally {
    await postgres.close();
  }
}

const CODE = 'FIRST';
const LOOK_MS = 250;

/** What can still be had when the last hold has expired: ids of free seats, and places by the id of their section. */
async function freeAtRest(
  servers: readonly Server[],
  { id }: Place,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, number>> {
  const call = patientAt(servers);
  while (((await call('GET', `/events/${id}/sales`)).body as { held: number }).held > 0) {
    signal?.throwIfAborted();
    await wait(LOOK_MS);
  }
  const { seats, sections } = (await call('GET', `/events/${id}/inventory?seats=true`)).body as {
    seats: { id: string; state: string }[];
    sections: { id: string; kind: string; available: number }[];
  };
  const standing = sections.filter(({ kind }) => kind === 'standing');
  return new Map([
    ...seats.flatMap((seat) => (seat.state === 'free' ? [[seat.id, 1] as const] : [])),
    ...standing.map((section) => [section.id, section.available] as const),
  ]);
}

interface Sold {
  postgres: OwnPostgres;
  tenant: string;
  place: Place;
  ledger: Ledger;
  hopes: OnSaleTally['hopes'];
  seconds: number;
  free: ReadonlyMap<string, number>;
  /** How often the code is used, by the server's own account. */
  used: number;
}

async function settle({ hall, holdSeconds, codeUses }: OnSale, of: Sold): Promise<OnSaleTally> {
  const { postgres, tenant, place, ledger, hopes, seconds, free, used } = of;
  const entries = ledger.read();
  const capacity = new Map(place.seats.map((seat) => [seat, 1]));
  if (place.section) capacity.set(place.section.id, place.section.places);
  const { findings, sold } = await audit(postgres.ownerUrl, { tenant, entries, capacity, excused: [] });
  const unaccounted = [...capacity].filter(
    ([cell, units]) => (sold.get(cell) ?? 0) + (free.get(cell) ?? 0) !== units,
  );
  const orphans = await orphansMade(postgres.ownerUrl, {
    tenant,
    seats: place.seats,
    rows: hall.rows,
    holdSeconds,
  });
  const answered = entries.filter(({ what }) => what !== 'unknown');
  const holds = answered.filter(({ verb, what }) => verb === 'hold' && what === 'acknowledged').length;
  const latencies = answered.map(({ at, sentAt }) => at - sentAt);
  return {
    hopes,
    sold: sum(sold.values()),
    free: sum(free.values()),
    capacity: sum(capacity.values()),
    unknown: entries.length - answered.length,
    holdsPerSecond: Math.round(holds / seconds),
    answersPerSecond: Math.round(answered.length / seconds),
    p95: percentile(latencies, 0.95) ?? NaN,
    p99: percentile(latencies, 0.99) ?? NaN,
    findings: {
      ...findings,
      orphans,
      codeUses: unless(
        used === codeUses && cheaper(entries) === codeUses,
        `${used} by the server, ${cheaper(entries)} by the buyers, of ${codeUses}`,
      ),
      notAccountedFor: unaccounted.map(
        ([cell, units]) => `${cell}: ${sold.get(cell) ?? 0} sold and ${free.get(cell) ?? 0} free of ${units}`,
      ),
    },
  };
}

/** Bookings that somebody was told are his, at the lower price. */
function cheaper(entries: readonly Entry[]): number {
  const told = entries.flatMap((entry) => (entry.what === 'acknowledged' ? [entry.booking] : []));
  const bought = told.filter(
    ({ state, lines }) => state === 'confirmed' && lines.some((line) => Number(line['discountMinor']) > 0),
  );
  return new Set(bought.map(({ id }) => id)).size;
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, each) => total + each, 0);
}

/** One line for each thing that is wrong; empty when every promise was kept. */
export function wrongIn({ findings }: OnSaleTally): string[] {
  return Object.entries(findings).flatMap(([what, found]: [string, string[]]) =>
    found.map((each) => `${what}: ${each}`),
  );
}

export function onSaleTable({ hopes, findings, ...tally }: OnSaleTally): string {
  const { happy, left, disappointed } = hopes;
  return markdown([
    [
      'buyers',
      'bought',
      'left',
      'too late',
      'sold + free / places',
      'no answer',
      'sold twice',
      'orphans',
    ].concat(['holds/s', 'answers/s', 'p95 ms', 'p99 ms']),
    [
      happy + left + disappointed,
      happy,
      left,
      disappointed,
      `${tally.sold} + ${tally.free} / ${tally.capacity}`,
    ]
      .concat([tally.unknown, findings.soldTwice.length, findings.orphans.length])
      .concat([tally.holdsPerSecond, tally.answersPerSecond, tally.p95, tally.p99])
      .map(String),
  ]);
}
