import manifest from '../../package.json' with { type: 'json' };
import type { Config } from '../config.ts';
import { examine, type ExamineOptions, type Finding } from '../engine/examine.ts';
import { promises } from '../kinds/index.ts';
import { asFault } from '../platform/fault.ts';
import { asOwner } from '../platform/migrate.ts';
import { Refusal } from '../platform/refusal.ts';
import { fill, outputWidth } from './fill.ts';
import { isForbidden } from './prepare.ts';
import { withReached } from './reach.ts';

/** What PostgreSQL says of tables and columns that it does not have. */
const NOT_THERE = new Set(['42P01', '42703']);

/** Exit code 0 when every promise holds, 1 when one is broken; program.ts answers 2 when nobody could look. */
export async function doctorCommand(config: Config, { json }: { json?: boolean }): Promise<number> {
  return withReached(config, async ({ ownerUrl }) => {
    await refuseEmpty(ownerUrl);
    const print = (line: string): void => console.log(line);
    const whole = json === true ? await report(ownerUrl, print) : await diagnose(ownerUrl, print);
    return whole ? 0 : 1;
  }).catch((error: unknown) => {
    if (isForbidden(error))
      throw new Refusal("The doctor looks at everything: give it the owner's URL in DATABASE_DIRECT_URL.");
    if (NOT_THERE.has(asFault(error).sqlState))
      throw new Refusal('The database has an older schema than this program. Run "holdfast migrate" first.');
    throw error;
  });
}

/** Checks every promise against the data and prints each with its figure; false when one is broken. */
export async function diagnose(ownerUrl: string, print: (line: string) => void): Promise<boolean> {
  const begun = performance.now();
  const line = progressLine(process.stderr);
  const found: Finding[] = [];
  await look(ownerUrl, { progress: line.show }, (finding) => {
    line.clear();
    found.push(finding);
    for (const text of plainLines(finding)) print(text);
  }).finally(line.clear);
  const broken = found.filter(isBroken).length;
  const verdict = broken === 0 ? 'Every promise holds' : `${broken} of ${found.length} promises broken`;
  print(`${verdict}; looked for ${secondsSince(begun)} s.`);
  return broken === 0;
}

/** The same as one line of JSON. */
async function report(ownerUrl: string, print: (line: string) => void): Promise<boolean> {
  const begun = performance.now();
  const found: (Finding & { ok: boolean })[] = [];
  await look(ownerUrl, {}, (finding) => found.push({ ok: finding.broken === 0, ...finding }));
  const ok = !found.some(isBroken);
  print(JSON.stringify({ ok, seconds: secondsSince(begun), version: manifest.version, promises: found }));
  return ok;
}

/** Connections: two, because one leaves most of a machine idle, and more would be felt by those who sell. */
const EYES = 2;

async function look(
  ownerUrl: string,
  options: ExamineOptions,
  tell: (finding: Finding) => void,
): Promise<void> {
  const left = promises.values(); // whoever is free takes the next
  const eye = () =>
    asOwner(ownerUrl, async (client) => {
      for await (const finding of examine(client, left, options)) tell(finding);
    });
  await Promise.all(Array.from({ length: EYES }, eye));
}

function isBroken({ broken, isAdvice }: Finding): boolean {
  return broken > 0 && !isAdvice;
}

function secondsSince(begun: number): number {
  return Number(((performance.now() - begun) / 1_000).toFixed(1));
}

// Not migrated on the way: a doctor looks and changes nothing.
async function refuseEmpty(ownerUrl: string): Promise<void> {
  const { rows } = await asOwner(ownerUrl, (client) =>
    client.query<{ there: boolean }>(`select to_regclass('people.tenant_slug') is not null as there`),
  );
  if (rows[0]?.there !== true)
    throw new Refusal(
      'There is nothing to check: this database has no Holdfast in it. Run "holdfast migrate" first.',
    );
}

const INDENT = '         ';

function plainLines({ id, promise, isAdvice, examined, broken, examples }: Finding): string[] {
  const verdict = broken === 0 ? 'ok' : isAdvice ? 'advice' : 'BROKEN';
  const figure = broken === 0 ? `${examined} examined` : `${broken} of ${examined}`;
  const lines = fill(`${id} (${figure}): ${promise}`, outputWidth() - INDENT.length);
  const found = examples.map((example) => `${INDENT}- ${example}`);
  return lines.map((line, i) => (i === 0 ? verdict.padEnd(INDENT.length) : INDENT) + line).concat(found);
}

const REDRAW_EVERY_MS = 100;

/** One line that is written over and over, on a terminal only: a large database takes a while. */
function progressLine(output: NodeJS.WriteStream) {
  let drawnAt = performance.now();
  let isDrawn = false;
  return {
    show: (id: string, examined: number): void => {
      if (!output.isTTY || performance.now() - drawnAt < REDRAW_EVERY_MS) return;
      output.write(`\r\x1b[K... ${id}: ${examined} examined`);
      [isDrawn, drawnAt] = [true, performance.now()];
    },
    clear: (): void => {
      if (isDrawn) output.write('\r\x1b[K');
      isDrawn = false;
    },
  };
}
