import { act } from './actors.ts';
import { check } from './check.ts';
import type { History } from './history.ts';
import { openStage } from './stage.ts';

export interface Round {
  seed: number;
  opsEach: number;
  /** Locks and constraint taken out: the control. */
  unguarded?: boolean;
}

/** Lets the actors loose on a stage of their own, and says what of it the model cannot explain. */
export async function playRound({ seed, opsEach, unguarded = false }: Round): Promise<{
  history: History;
  complaints: string[];
}> {
  const stage = await openStage({ unguarded });
  try {
    const [ops] = await Promise.all([act(stage, seed, opsEach), stage.loseRace()]);
    const history = await stage.history(ops);
    return { history, complaints: check(history) };
  } finally {
    await stage.close();
  }
}

const MOST_TOLD = 20;

/** The complaints of a round for people, with the line that plays it again. */
export function report({ seed, opsEach }: Round, complaints: readonly string[]): string {
  const more = complaints.length > MOST_TOLD ? [`... and ${complaints.length - MOST_TOLD} more`] : [];
  return [
    `seed ${seed}, ${opsEach} ops of each actor; again: MODEL_SEED=${seed} npm run test:long -- model`,
    ...complaints.slice(0, MOST_TOLD),
    ...more,
  ].join('\n');
}
