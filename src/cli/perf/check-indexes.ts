import type { Config } from '../../config.ts';
import { asOwner } from '../../platform/migrate.ts';
import { fill, outputWidth } from '../fill.ts';
import { withReached } from '../reach.ts';
import { checkIndexes, type IndexFinding } from './indexes.ts';
import { sizeText, tableLines, type Column } from './table.ts';

const COLUMNS: readonly Column<IndexFinding>[] = [
  { title: 'index', text: ({ index }) => index },
  { title: 'problem', text: ({ problem }) => problem },
  { title: 'size', text: ({ bytes }) => sizeText(bytes), isFigure: true },
];

/** Exit code 0 when there is nothing to do (unused ones are a hint), 1 when there is; program.ts answers 2 otherwise. */
export async function checkIndexesCommand(config: Config, { json }: { json?: boolean }): Promise<number> {
  const found = await withReached(config, ({ ownerUrl }) => asOwner(ownerUrl, checkIndexes));
  const ok = found.every(({ problem }) => problem === 'unused');
  const lines = json === true ? [JSON.stringify({ ok, indexes: found })] : plainLines(found, outputWidth());
  for (const line of lines) console.log(line);
  return ok ? 0 : 1;
}

export function plainLines(found: readonly IndexFinding[], width: number): string[] {
  if (found.length === 0) return ['No index is missing, invalid, duplicate, bloated or unused.'];
  const advice = found.flatMap(({ index, advice }) => [
    '',
    `${index}:`,
    ...fill(advice, width - 2).map((line) => `  ${line}`),
  ]);
  return [...tableLines(COLUMNS, found, width), ...advice];
}
