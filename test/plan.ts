import assert from 'node:assert/strict';
import type pg from 'pg';
import { encode, statements } from '../src/platform/statement.ts';

/** One step of a plan; the figures are there when it was carried out. */
export interface PlanStep {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows'?: number;
  'Actual Loops'?: number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: PlanStep[];
}

/**
 * How PostgreSQL carries out the statement of that name, as the role that runs it, with the plan that is kept for all
 * values. Without values it is only planned. What it did is taken back.
 */
export async function planOf(
  client: pg.Client,
  tenant: string,
  name: string,
  values?: readonly unknown[],
): Promise<PlanStep> {
  const found = statements.get(name);
  assert.ok(found, `there is no statement ${name}`);
  const { text, params } = found;
  await client.query('begin');
  try {
    await client.query('set local plan_cache_mode = force_generic_plan');
    if (name.startsWith('worker.')) await client.query('set local role holdfast_worker');
    else await client.query('select engine.set_tenant($1)', [tenant]);
    await client.query(`prepare planned as ${text}`);
    const literals = encode(params, values ?? []).map((value) => literal(client, value));
    const execute = `execute planned${literals.length === 0 ? '' : `(${literals.join(', ')})`}`;
    const options = values === undefined ? '' : 'analyze, timing off, ';
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanStep }] }>(
      `explain (${options}format json) ${execute}`,
    );
    const [explained] = rows;
    assert.ok(explained);
    return explained['QUERY PLAN'][0].Plan;
  } finally {
    await client.query('rollback; deallocate all');
  }
}

// Arrays of texts and bytes are left to the driver when it sends values; in the text of a statement they are written out.
function literal(client: pg.Client, value: unknown): string {
  if (value === null) return 'null';
  if (Buffer.isBuffer(value)) return `'\\x${value.toString('hex')}'`;
  if (Array.isArray(value)) return `array[${value.map((each) => literal(client, each)).join(', ')}]`;
  return client.escapeLiteral(String(value));
}

/** All steps of a plan, from the top down. */
export function stepsOf(step: PlanStep): PlanStep[] {
  return [step, ...(step.Plans ?? []).flatMap(stepsOf)];
}

/** Rows of these tables that were looked at, also those that were then left out. */
export function rowsRead(steps: readonly PlanStep[], counts: (table: string) => boolean): number {
  return steps
    .filter((step) => step['Node Type'] !== 'ModifyTable' && counts(step['Relation Name'] ?? ''))
    .reduce((sum, step) => {
      const left = (step['Rows Removed by Filter'] ?? 0) + (step['Rows Removed by Index Recheck'] ?? 0);
      return sum + ((step['Actual Rows'] ?? 0) + left) * (step['Actual Loops'] ?? 0);
    }, 0);
}

/** Tables that a plan reads from end to end. */
export function readWhole(steps: readonly PlanStep[]): string[] {
  return steps.flatMap((step) =>
    step['Node Type'] === 'Seq Scan' && step['Relation Name'] !== undefined ? [step['Relation Name']] : [],
  );
}
