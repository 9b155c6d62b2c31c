import { busy } from '../src/engine/calendar.ts';
import { bookingList } from '../src/engine/lists.ts';
import { freeRoomList } from '../src/kinds/rooms/queries.ts';
import { writeCursor } from '../src/platform/cursor.ts';
import { answerList } from '../src/platform/list.ts';
import type { Uuid } from '../src/platform/id.ts';
import { bookedWeek } from './fill.ts';
import { generate } from './generate.ts';
import { onGrown, type Grown } from './growth-stage.ts';
import { median, rounded } from './measure.ts';
import type { Bench, BenchResult } from './result.ts';
import { say } from './stage.ts';
import type { TrafficName } from './traffic.ts';

const FORMS = {
  quick: { sizes: [10_000, 100_000], rounds: 2, calls: 100, seconds: 2 },
  full: { sizes: [10_000, 100_000, 1_000_000], rounds: 5, calls: 200, seconds: 5 },
  huge: { sizes: [10_000, 1_000_000, 10_000_000], rounds: 5, calls: 200, seconds: 5 },
};

const CONNECTIONS = 1_000;
const HOUR = 3_600_000;

/** What one unit of work costs at one size: microseconds of a call, or of the machine for one answer under load. */
type Costs = Record<string, number[]>;

/**
 * The same work on databases of different sizes, in turns (A B C A B C): what it costs at the largest against the
 * smallest. Nothing but the number of rows differs: the same rooms and sections, the same bookings in each window.
 */
export const growth: Bench = async ({ quick, huge }) => {
  const { sizes, rounds, calls, seconds } = quick ? FORMS.quick : huge ? FORMS.huge : FORMS.full;
  const costs = await onGrown(sizes, async (grown) => {
    const bySize = new Map<Grown, Costs>(grown.map((one) => [one, {}]));
    for (let round = -1; round < rounds; round++)
      for (const [one, taken] of bySize) {
        const counted = round < 0 ? {} : taken; // the first round warms up
        await takeReads(one, calls, counted);
        for (const traffic of ['admissions', 'intervals'] as const)
          await takeWrites(one, traffic, { run: round + 1, runs: rounds + 1, seconds }, counted);
        if (round < 0) await one.settle();
      }
    return [...bySize].map(([{ bookings }, taken]) => ({ bookings, medians: mediansOf(taken) }));
  });
  return toResult(costs);
};

function mediansOf(costs: Costs): Record<string, number> {
  return Object.fromEntries(Object.entries(costs).map(([work, taken]) => [work, median(taken)]));
}

function toResult(costs: readonly { bookings: number; medians: Record<string, number> }[]): BenchResult {
  const least = costs[0]?.medians ?? {};
  const ratios = costs.map(({ bookings, medians }) => ({
    bookings,
    micros: mapped(medians, rounded),
    ratios: mapped(medians, (micros, work) => rounded(micros / (least[work] ?? NaN))),
  }));
  for (const { bookings, micros, ratios: of } of ratios)
    for (const [work, ratio] of Object.entries(of))
      say(`${work} at ${bookings}: ${micros[work]} us, x ${ratio}`);
  return {
    bench: 'growth',
    ratio: Math.max(...Object.values(ratios.at(-1)?.ratios ?? {})),
    unit: `of the cost at ${costs[0]?.bookings} bookings, worst of all kinds of work`,
    ok: true,
    goal: 1.3,
    sizes: ratios,
  };
}

function mapped<V, W>(of: Record<string, V>, to: (value: V, key: string) => W): Record<string, W> {
  return Object.fromEntries(Object.entries(of).map(([key, value]) => [key, to(value, key)]));
}

/** Calls of the program's own reads, one after the other on one connection: the statement and nothing around it. */
async function takeReads({ db, tenant, rooms, bookings }: Grown, calls: number, costs: Costs): Promise<void> {
  const opening = bookedWeek()[0] + 8 * HOUR;
  const page = { limit: 50, cursor: await cursorAt(db, tenant, Math.floor(bookings / 2)) };
  const reads: Record<string, (call: number) => Promise<unknown>> = {
    // Three hours of every room are booked there, whatever the size.
    'availability of a room': (call) =>
      busy(db, tenant, rooms[(call * 7) % rooms.length] as Uuid, {
        startsAt: opening,
        endsAt: opening + 5 * HOUR,
      }),
    // Most rooms are taken then.
    'free rooms': () => {
      const [from, to] = [opening, opening + HOUR / 2];
      return answerList(
        db,
        tenant,
        freeRoomList,
        { limit: 20 },
        [null, null, null, null, from, to],
        (row) => row,
      );
    },
    'bookings, half-way down': () => answerList(db, tenant, bookingList, page, [null, null], (row) => row),
  };
  for (const [work, read] of Object.entries(reads)) {
    const taken: number[] = [];
    for (let call = 0; call < calls; call++) {
      const begun = performance.now();
      await read(call);
      taken.push((performance.now() - begun) * 1_000);
    }
    (costs[work] ??= []).push(median(taken));
  }
}

async function cursorAt(db: Grown['db'], tenant: Uuid, depth: number): Promise<string> {
  const page = { limit: 1, page: depth };
  const { data } = await answerList(db, tenant, bookingList, page, [null, null], ({ id }) => ({ id }));
  const id = data[0]?.id;
  if (id === undefined) throw new Error(`there are no ${depth} bookings`);
  return writeCursor(bookingList.name, tenant, { sort: bookingList.defaultSort, value: id, id });
}

/** Holds of many clients over HTTP. */
async function takeWrites(
  { url, base, key, rooms, places, bookings, watched }: Grown,
  traffic: TrafficName,
  { run, runs, seconds }: { run: number; runs: number; seconds: number },
  costs: Costs,
): Promise<void> {
  const from = Math.ceil(Date.now() / HOUR) * HOUR + 24 * HOUR;
  const ground = { base, rooms, places, from, run, runs };
  const report = await generate(
    { url, key, traffic, ground, connections: CONNECTIONS, warmUpSeconds: 1, seconds },
    watched,
  );
  const { 201: held = 0, 409: refused = 0, ...others } = report.statuses;
  if (held === 0 || report.errors > 0 || Object.keys(others).length > 0 || refused > report.collisions)
    throw new Error(`${traffic} at ${bookings} went wrong: ${JSON.stringify(report)}`);
  say(`${traffic} at ${bookings}: ${report.rate.toFixed(0)}/s, p99 ${report.p99.toFixed(0)} ms`);
  (costs[traffic === 'admissions' ? 'rush-spread' : traffic] ??= []).push(1e6 / report.rate);
}
