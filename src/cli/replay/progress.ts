import type { Writable } from 'node:stream';

/** Where progress is shown: a terminal is redrawn in place, anything else gets a plain line now and then. */
export type ProgressOutput = Pick<Writable, 'write'> & {
  readonly isTTY?: boolean;
  readonly columns?: number;
};

const REDRAW_MS = 100;
const LINE_MS = 5_000;
const BAR_CELLS = 30;

/** How far a job of known length has come. */
export interface Progress {
  /** One more piece is done. */
  step(): void;
  /** Shows the final state and leaves the line. */
  end(): void;
}

/** Begins to show the progress of `total` pieces; `clock` gives ms and is a parameter for tests only. */
export function showProgress(
  output: ProgressOutput,
  label: string,
  total: number,
  clock: () => number = () => performance.now(),
): Progress {
  const terminal = output.isTTY === true;
  const begun = clock();
  let shown = begun;
  let done = 0;

  function show(): void {
    shown = clock();
    const seconds = Math.max(shown - begun, 1) / 1_000;
    const figures = `${done} of ${total} ${label}, ${Math.round(done / seconds)}/s`;
    if (terminal) output.write(`\r${fitted(`${bar(done, total)} ${figures}`, output.columns)}\x1b[K`);
    else output.write(`${figures}\n`);
  }

  return {
    step() {
      done++;
      if (clock() - shown >= (terminal ? REDRAW_MS : LINE_MS)) show();
    },
    end() {
      show();
      if (terminal) output.write('\n');
    },
  };
}

function bar(done: number, total: number): string {
  const full = total === 0 ? BAR_CELLS : Math.floor((done / total) * BAR_CELLS);
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_CELLS - full)}]`;
}

/** A line that wraps could not be redrawn in place. */
function fitted(line: string, columns = 80): string {
  return line.slice(0, Math.max(columns - 1, 0));
}
