import type pg from 'pg';
import type { Invariant, Walk } from './invariant.ts';
import { openPace, type Pace } from './pace.ts';

export interface Finding {
  readonly id: string;
  readonly promise: string;
  readonly isAdvice: boolean;
  readonly examined: number;
  readonly broken: number;
  /** A few of the things that break the promise. */
  readonly examples: readonly string[];
}

export interface ExamineOptions {
  /** Told now and then what is walked along and how many rows of it lie behind. */
  readonly progress?: (things: string, walked: number) => void;
  /** Rows of a stretch at most; few of them in tests, for many borders. */
  readonly longestStretch?: number;
}

const EXAMPLES = 5;

/**
 * Rows of a stretch: begun small, then whatever its slowest check does in about TARGET_MS. Larger ones win nothing, and
 * their snapshots hold up the cleaning of hot rows.
 */
const FIRST_STRETCH = 2_000;
const SHORTEST_STRETCH = 200;
const LONGEST_STRETCH = 50_000;
const TARGET_MS = 80;

/**
 * Checks every promise on a connection of the owner, safely beside a running system; yields the findings of a walk as
 * soon as it is over.
 */
export async function* examine(
  client: pg.Client,
  invariants: readonly Invariant[],
  { progress = () => undefined, longestStretch = LONGEST_STRETCH }: ExamineOptions = {},
): AsyncGenerator<Finding> {
  const looks = new Looks(client);
  const pace = await openPace(client, () => looks.commits);
  const tenants = await client.query<{ id: string }>(
    'select tenant_id as id from people.tenant_slug order by 1',
  );
  for (const along of new Set(invariants.map((invariant) => invariant.along))) {
    const tallies = invariants.filter((invariant) => invariant.along === along).map(newTally);
    if (along === 'database') for (const tally of tallies) await tally.add(looks, []);
    else {
      let walked = 0;
      const walker = {
        looks,
        tallies,
        pace,
        longestStretch,
        advance: (rows: number) => progress(along.things, (walked += rows)),
      };
      for (const { id } of tenants.rows) await walk(walker, along, id);
    }
    yield* tallies.map((tally) => tally.finding());
  }
}

interface Walker {
  readonly looks: Looks;
  readonly tallies: readonly Tally[];
  readonly pace: Pace;
  readonly longestStretch: number;
  advance(rows: number): void;
}

/** From one end of a tenant's keys to the other. What appears behind our back was made under the constraints. */
async function walk(
  { looks, tallies, pace, longestStretch, advance }: Walker,
  { first, last, border }: Walk,
  tenant: string,
): Promise<void> {
  let rows = Math.min(FIRST_STRETCH, longestStretch);
  let after = first;
  while (after !== last) {
    const [found] = await looks.take<{ border: string | null }>(border, [tenant, after, rows]);
    const upTo = found?.border ?? last;
    let slowestMs = 0;
    for (const tally of tallies) {
      const ms = await tally.add(looks, [tenant, after, upTo]);
      slowestMs = Math.max(slowestMs, ms);
      await pace.rest(ms);
    }
    if (upTo !== last) advance(rows);
    after = upTo;
    rows = Math.min(nextLength(rows, slowestMs), longestStretch);
  }
}

/** At most twice as long, so that one quick stretch does not lead to one of seconds. */
function nextLength(rows: number, slowestMs: number): number {
  const wanted = rows * Math.min(2, TARGET_MS / Math.max(1, slowestMs));
  return Math.round(Math.min(LONGEST_STRETCH, Math.max(SHORTEST_STRETCH, wanted)));
}

interface Tally {
  /** Looks at one stretch; answers how many milliseconds it took. */
  add(looks: Looks, stretch: readonly string[]): Promise<number>;
  finding(): Finding;
}

type Count = Pick<Finding, 'examined' | 'broken' | 'examples'>;

function newTally({ id, promise, isAdvice = false, text }: Invariant): Tally {
  let [examined, broken] = [0, 0];
  let examples: readonly string[] = [];
  const count = `select count(*)::int as examined, (count(*) filter (where broken))::int as broken,
    coalesce((array_agg(thing) filter (where broken))[1:${EXAMPLES}], '{}') as examples from (${text}) looked`;
  return {
    add: async (looks, stretch) => {
      const begun = performance.now();
      const [found] = await looks.take<Count>(count, stretch);
      examined += found?.examined ?? 0;
      broken += found?.broken ?? 0;
      examples = [...examples, ...(found?.examples ?? [])].slice(0, EXAMPLES);
      return performance.now() - begun;
    },
    finding: () => ({ id, promise, isAdvice, examined, broken, examples }),
  };
}

/** Short looks at the database, each in a transaction of its own. */
class Looks {
  readonly #client: pg.Client;
  commits = 0;

  constructor(client: pg.Client) {
    this.#client = client;
  }

  // The owner is held by the walls too (they are forced), so the tenant is set for each look. Loops within loops are
  // out: between two ids that lie close together the planner expects one row where there are 40 000.
  async take<T extends object>(text: string, values: readonly (string | number)[]): Promise<T[]> {
    await this.#client.query('begin read only; set local enable_nestloop = off; set local jit = off');
    if (values.length > 0) await this.#client.query('select engine.set_tenant($1)', [values[0]]);
    const { rows } = await this.#client.query<T>(text, [...values]);
    await this.#client.query('commit');
    this.commits++;
    return rows;
  }
}
