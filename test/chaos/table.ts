import type { Tally } from './run.ts';

export interface Row {
  name: string;
  tally: Tally;
}

type Figure = (tally: Tally) => number | string;

const COLUMNS: readonly (readonly [heading: string, figure: Figure])[] = [
  ['kills', ({ struck }) => struck.length],
  ['acknowledged', ({ acknowledged }) => acknowledged],
  ['refused', ({ refused }) => refused],
  ['unknown', ({ unknown }) => unknown],
  ['resolved', ({ resolved }) => resolved],
  ['lost', ({ findings }) => findings.lost.length],
  ['ghosts', ({ findings }) => findings.ghosts.length],
  ['doubled', ({ findings }) => findings.doubled.length],
  ['sold twice', ({ findings }) => findings.soldTwice.length],
  ['sold / capacity', ({ sold, capacity }) => `${sold} / ${capacity}`],
  ['outage ms', ({ outageMs }) => outageMs],
];

/** The runs as a table of Markdown, which reads well in a terminal too. */
export function table(rows: readonly Row[]): string {
  return markdown([
    ['run', ...COLUMNS.map(([heading]) => heading)],
    ...rows.map(({ name, tally }) => [name, ...COLUMNS.map(([, figure]) => String(figure(tally)))]),
  ]);
}

/** Cells as a table whose first row is its head; figures stand at the right. */
export function markdown(cells: readonly (readonly string[])[]): string {
  const widths = (cells[0] ?? []).map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  const lines = cells.map((row) => `| ${row.map((cell, i) => pad(cell, widths[i] ?? 0, i)).join(' | ')} |`);
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

/** Everything that is wrong in a run, one line each; empty when every promise was kept. */
export function harm({ findings }: Tally): string[] {
  return Object.entries(findings).flatMap(([what, found]: [string, string[]]) =>
    found.map((each) => `${what}: ${each}`),
  );
}
