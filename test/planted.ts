import type pg from 'pg';
import { examine, type Finding } from '../src/engine/examine.ts';
import type { Invariant } from '../src/engine/invariant.ts';

/**
 * What the doctor finds broken after `violation`, in a transaction that is rolled back; the checks begin and commit
 * theirs inside it as savepoints would. `client` is the owner's, with a tenant set.
 */
export async function planted(
  client: pg.Client,
  violation: string,
  promises: readonly Invariant[],
): Promise<Finding[]> {
  const inside = {
    query: async (text: string, values?: unknown[]) =>
      /^(begin|commit)/.test(text) ? undefined : client.query(text, values),
  };
  const find = () => Array.fromAsync(examine(inside as unknown as pg.Client, promises));
  await client.query('begin');
  try {
    // The tests' own PostgreSQL does not wait for the disk: that is no news.
    const before = new Map((await find()).map(({ id, broken }) => [id, broken]));
    await client.query(violation);
    return (await find()).filter(({ id, broken }) => broken > 0 && broken !== before.get(id));
  } finally {
    await client.query('rollback');
  }
}
