import type { Config } from '../../config.ts';
import { fill, outputWidth } from '../fill.ts';
import { withReached } from '../reach.ts';
import { topQueries, type QueryFigures } from './queries.ts';
import { tableLines, type Column } from './table.ts';

const MOST_SHOWN = 15;
/** Plans are long: those of the first few are shown to people, all of them to programs. */
const PLANS_SHOWN = 5;

const COLUMNS: readonly Column<QueryFigures>[] = [
  { title: 'statement', text: ({ name }) => name },
  { title: 'calls', text: ({ calls }) => String(calls), isFigure: true },
  { title: 'total ms', text: ({ totalMs }) => totalMs.toFixed(0), isFigure: true },
  { title: 'mean ms', text: ({ meanMs }) => meanMs.toFixed(2), isFigure: true },
  { title: 'rows', text: ({ rowsPerCall }) => rowsPerCall.toFixed(1), isFigure: true },
  { title: 'share', text: ({ share }) => `${(share * 100).toFixed(1)} %`, isFigure: true },
];

/** Exit code 0 when there was something to look at; program.ts answers 2 when PostgreSQL does not count. */
export async function analyzeQueriesCommand(config: Config, { json }: { json?: boolean }): Promise<number> {
  await import('../server.ts'); // defines every statement that a server runs
  const found = await withReached(config, ({ servingUrl }) => topQueries(servingUrl, MOST_SHOWN));
  const lines = json === true ? [JSON.stringify({ statements: found })] : plainLines(found, outputWidth());
  for (const line of lines) console.log(line);
  return 0;
}

function plainLines(found: readonly QueryFigures[], width: number): string[] {
  if (found.length === 0) return ['Nothing was counted yet.'];
  const plans = found
    .filter(({ plan }) => plan !== undefined)
    .slice(0, PLANS_SHOWN)
    .flatMap(({ name, plan = [] }) => [
      '',
      `${name}:`,
      ...plan.flatMap((line) => folded(`  ${line}`, width)),
    ]);
  return [...tableLines(COLUMNS, found, width), ...plans];
}

/** A line of a plan, continued below its own indentation. */
function folded(line: string, width: number): string[] {
  const indent = /^ */.exec(line)?.[0] ?? '';
  const lines = fill(line.trim(), Math.max(width - indent.length - 2, 20));
  return lines.map((each, i) => `${indent}${i === 0 ? '' : '  '}${each}`);
}
