import type { FaultRow } from './row.ts';
import { Stage, type Figures } from './stage.ts';

/** No call waits longer than this for its answer, whatever is broken. */
const LONGEST_ANSWER_MS = 5_000;

export interface Result {
  row: FaultRow;
  figures?: Figures;
  /** Why it was not run. */
  missing?: string;
  broken: string[];
}

/** Warm-up, fault, healing and quiet; and what was broken, of the row's own and of what holds for every row. */
export async function carryOut(row: FaultRow): Promise<Result> {
  const missing = row.missing?.();
  if (missing !== undefined) return { row, missing, broken: [] };
  const stage = await Stage.open(row);
  try {
    await stage.warmUp();
    const from = Date.now();
    const broken = await row
      .strike(stage)
      .catch((error: unknown) => [`it could not be finished: ${String(error)}`]);
    const figures = await stage.settle(from, Date.now());
    const { findings, longestMs } = figures;
    for (const [what, found] of Object.entries(findings) as [string, string[]][])
      broken.push(...found.slice(0, 5).map((each) => `${what}: ${each}`));
    if (longestMs > LONGEST_ANSWER_MS) broken.push(`somebody waited ${longestMs} ms for an answer`);
    return { row, figures, broken };
  } catch (error) {
    return { row, broken: [`the row could not be carried out: ${String(error)}`] };
  } finally {
    await stage.close();
  }
}
