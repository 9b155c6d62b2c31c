import type { Setting, Stage } from './stage.ts';

/** A row of the matrix: a fault that is really injected, and what must be seen of it. */
export interface FaultRow extends Setting {
  name: string;
  fault: string;
  /** Why it cannot be run here; undefined when it can. */
  missing?: () => string | undefined;
  /** Injects the fault under load and heals it. Returns what was not as it must be, beside what holds for every row. */
  strike(stage: Stage): Promise<string[]>;
}

/** A complaint unless something is so. */
export function unless(isSo: boolean, complaint: string): string[] {
  return isSo ? [] : [complaint];
}
