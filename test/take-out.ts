/** Which text of a source file is a guard, and what stands there without it. */
export interface Edit {
  /** The end of its path, such as `src/platform/db.ts`. */
  file: string;
  guard: string;
  instead: string;
}

export const TAKEN_OUT = 'HOLDFAST_TEST_TAKEN_OUT';

/** The environment of a server that runs without some guards. */
export function takeOut(edits: readonly Edit[]): Record<string, string> {
  if (edits.length === 0) return {};
  const preload = new URL('taken-out.ts', import.meta.url).href;
  return { NODE_OPTIONS: `--import=${preload}`, [TAKEN_OUT]: JSON.stringify(edits) };
}
