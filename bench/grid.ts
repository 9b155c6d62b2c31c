import { percentile } from '../src/cli/percentile.ts';
import { roomGrid } from '../src/kinds/rooms/grid-queries.ts';
import { freeRoomList } from '../src/kinds/rooms/queries.ts';
import type { Database } from '../src/platform/db.ts';
import { onGrown, type Grown } from './growth-stage.ts';
import { interleaved, median, rounded } from './measure.ts';
import type { Bench } from './result.ts';
import { say } from './stage.ts';

const FORMS = {
  quick: { bookings: 100_000, pairs: 3, calls: 40 },
  full: { bookings: 1_000_000, pairs: 5, calls: 80 },
};
const DAY = 86_400_000;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';
const ANY = [null, null, null, null] as const;

interface Times {
  p50: number;
  p95: number;
}

/**
 * A week of 1 000 rooms side by side, and the first rooms that are free, over HTTP and uncached, one call after the other;
 * beside each the bare statement through the same driver in the same transaction.
 */
export const grid: Bench = async ({ quick }) => {
  const { bookings, pairs, calls } = quick ? FORMS.quick : FORMS.full;
  const looks = await onGrown([bookings], async ([stage]) => {
    if (stage === undefined) throw new Error('there is no stage');
    return [
      await compare(stage, weekOfAll(stage), pairs, calls),
      await compare(stage, freeNow(stage), pairs, calls),
    ];
  });
  return {
    bench: 'grid',
    ratio: Math.min(...looks.map(({ ratio }) => ratio)),
    unit: 'of the bare statement, the worse of grid and find-a-room',
    ok: true,
    goal: 0.7,
    bookings,
    looks,
  };
};

interface Look {
  name: string;
  path: string;
  bare(): Promise<unknown>;
}

/** The filling booked the days before today. */
function week(): [number, number] {
  const today = Math.floor(Date.now() / DAY) * DAY;
  return [today - 7 * DAY, today];
}

function weekOfAll({ base, db, tenant }: Grown): Look {
  const [from, to] = week();
  const bare = () => run(db, tenant, roomGrid, [...ANY, from, to, '', FIRST_ID, false, 1_001]);
  return { name: 'grid', path: `${base}/rooms/grid?${query(from, to)}&limit=1000`, bare };
}

function freeNow({ base, db, tenant }: Grown): Look {
  const to = week()[1] + 90 * DAY;
  const from = to - DAY / 24;
  const page = freeRoomList.bySort.get('capacity')?.page;
  if (page === undefined) throw new Error('free rooms are not sorted by capacity');
  const bare = () => run(db, tenant, page, [null, 50, null, null, from, to, 200]);
  return { name: 'find', path: `${base}/rooms/availability?${query(from, to)}&capacity=50`, bare };
}

function query(from: number, to: number): string {
  return `from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`;
}

/** The program's statement, whatever its parameters are. */
function run(
  db: Database,
  tenant: string,
  of: { name: string },
  values: readonly unknown[],
): Promise<unknown> {
  const read = db.read as (tenant: string, of: object, ...values: readonly unknown[]) => Promise<unknown>;
  return read(tenant, of, ...values);
}

async function compare({ url, key }: Grown, { name, path, bare }: Look, pairs: number, calls: number) {
  const ask = async () => {
    // Uncompressed: squeezing a megabyte would cost more than finding it, and is the caller's to ask for.
    const headers = { authorization: `Bearer ${key}`, 'accept-encoding': 'identity' };
    const answer = await fetch(`${url}${path}`, { headers });
    await answer.arrayBuffer();
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
  };
  await timed(calls, ask); // warms up
  const { a, b } = await interleaved(
    pairs,
    () => timed(calls, ask),
    () => timed(calls, bare),
  );
  const [own, limit] = [middle(a), middle(b)];
  say(`${name}: p50 ${own.p50} ms, p95 ${own.p95} ms; the statement alone ${limit.p50} and ${limit.p95} ms`);
  return { name, ratio: rounded(limit.p50 / own.p50), own, limit };
}

async function timed(calls: number, work: () => Promise<unknown>): Promise<number[]> {
  const taken: number[] = [];
  for (let call = 0; call < calls; call++) {
    const begun = performance.now();
    await work();
    taken.push(performance.now() - begun);
  }
  return taken;
}

function middle(runs: readonly (readonly number[])[]): Times {
  return {
    p50: rounded(median(runs.map((taken) => median(taken)))),
    p95: rounded(median(runs.map((taken) => percentile(taken, 0.95)))),
  };
}
