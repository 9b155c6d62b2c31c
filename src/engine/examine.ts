import type pg from 'pg';
import type { Invariant, Walk } from './invariant.ts';
import { openPace } from './pace.ts';

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
  /** Told again and again which promise is looked at and how many things were examined. */
  readonly progress?: (id: string, examined: number) => void;
  /** Rows of a stretch at most; few of them in tests, for many borders. */
  readonly longestStretch?: number;
}

const EXAMPLES = 5;

/**
 * Rows of a stretch: few at first, then as many as are checked in about TARGET_MS. Larger ones win nothing, and
 * their snapshots hold up the cleaning of hot rows.
 */
const FIRST_STRETCH = 2_000;
const SHORTEST_STRETCH = 200;
const LONGEST_STRETCH = 50_000;
const TARGET_MS = 80;

/**
 * Checks each promise on a connection of the owner, safely beside a running system; yields what it found one by one.
 * Several of these may share one iterator of invariants: each takes the next that is left.
 */
export async function* examine(
  client: pg.Client,
  invariants: Iterable<Invariant>,
  { progress = () => undefined, longestStretch = LONGEST_STRETCH }: ExamineOptions = {},
): AsyncGenerator<Finding> {
  const pace = await openPace(client);
  const tenants = await client.query<{ id: string }>(
    'select tenant_id as id from people.tenant_slug order by 1',
  );
  for (const { id, promise, isAdvice = false, along, text } of invariants) {
    const tally = newTally(text);
    if (along === 'database') await tally.add(client, []);
    else {
      const look = async (stretch: readonly string[]) => {
        const ms = await tally.add(client, stretch);
        progress(id, tally.count.examined);
        await pace.rest(ms);
        return ms;
      };
      for (const tenant of tenants.rows) await walk(client, along, tenant.id, longestStretch, look);
    }
    yield { id, promise, isAdvice, ...tally.count };
  }
}

/** From one end of a tenant's keys to the other. What appears behind our back was made under the constraints. */
async function walk(
  client: pg.Client,
  { first, last, border }: Walk,
  tenant: string,
  longestStretch: number,
  look: (stretch: readonly string[]) => Promise<number>,
): Promise<void> {
  let rows = Math.min(FIRST_STRETCH, longestStretch);
  let after = first;
  while (after !== last) {
    const [found] = await read<{ border: string | null }>(client, border, [tenant, after, rows]);
    const upTo = found?.border ?? last;
    const ms = await look([tenant, after, upTo]);
    after = upTo;
    rows = Math.min(nextLength(rows, ms), longestStretch);
  }
}

/** At most twice as long, so that one quick stretch does not lead to one of seconds. */
function nextLength(rows: number, ms: number): number {
  const wanted = rows * Math.min(2, TARGET_MS / Math.max(1, ms));
  return Math.round(Math.min(LONGEST_STRETCH, Math.max(SHORTEST_STRETCH, wanted)));
}

type Count = Pick<Finding, 'examined' | 'broken' | 'examples'>;

/** What one check has seen so far; `add` looks at one stretch and answers how many milliseconds it took. */
function newTally(check: string) {
  let count: Count = { examined: 0, broken: 0, examples: [] };
  const text = `select count(*)::int as examined, (count(*) filter (where broken))::int as broken,
    coalesce((array_agg(thing) filter (where broken))[1:${EXAMPLES}], '{}') as examples from (${check}) looked`;
  return {
    get count() {
      return count;
    },
    add: async (client: pg.Client, stretch: readonly string[]): Promise<number> => {
      const begun = performance.now();
      const [found] = await read<Count>(client, text, stretch);
      count = {
        examined: count.examined + (found?.examined ?? 0),
        broken: count.broken + (found?.broken ?? 0),
        examples: [...count.examples, ...(found?.examples ?? [])].slice(0, EXAMPLES),
      };
      return performance.now() - begun;
    },
  };
}

// The owner is held by the walls too (they are forced), so the tenant is set for each look. Loops within loops are out:
// between two ids that lie close together the planner expects one row where there are 40 000. With 4 MB to work in, the
// hashes of a stretch go to disk, which takes a tenth longer.
async function read<T extends object>(
  client: pg.Client,
  text: string,
  values: readonly (string | number)[],
): Promise<T[]> {
  await client.query(
    `begin read only; set local enable_nestloop = off; set local jit = off; set local work_mem = '32MB'`,
  );
  if (values.length > 0) await client.query('select engine.set_tenant($1)', [values[0]]);
  const { rows } = await client.query<T>(text, [...values]);
  await client.query('commit');
  return rows;
}
