import { Problem } from '../platform/errors.ts';
import { DatabaseFault } from '../platform/fault.ts';
import { MigrationError } from '../platform/migrate.ts';
import { Refusal } from '../platform/refusal.ts';

/**
 * Tells the person at the terminal why a command failed, in one sentence where somebody can do something about it.
 * Anything else is a defect, and its stack trace is what a bug report needs.
 */
export function tell(error: unknown): void {
  if (error instanceof Refusal || error instanceof MigrationError) return say(error.message);
  if (error instanceof Problem) return say(error.message);
  if (error instanceof DatabaseFault && error.kind !== 'other')
    return say(`The database did not do it (${error.message}). Try again.`);
  console.error(error);
}

function say(sentence: string): void {
  console.error(`holdfast: ${sentence}`);
}
