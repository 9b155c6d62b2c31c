import type { Config } from '../config.ts';
import { examine, type Finding } from '../engine/invariants.ts';
import { asOwner } from '../platform/migrate.ts';
import { Refusal } from '../platform/refusal.ts';
import { fill, outputWidth } from './fill.ts';
import { isForbidden } from './prepare.ts';
import { withReached } from './reach.ts';

export async function doctorCommand(config: Config, { json }: { json?: boolean }): Promise<number> {
  const print = (line: string): void => console.log(line);
  const whole = await withReached(config, async ({ ownerUrl }) => {
    await refuseEmpty(ownerUrl);
    return diagnose(ownerUrl, print, json === true ? jsonLines : plainLines);
  }).catch((error: unknown) => {
    if (isForbidden(error))
      throw new Refusal("The doctor looks at everything: give it the owner's URL in DATABASE_DIRECT_URL.");
    throw error;
  });
  return whole ? 0 : 1;
}

/** Checks every promise against the data and prints each with its figure; false when one is broken. */
export async function diagnose(
  ownerUrl: string,
  print: (line: string) => void,
  show: (finding: Finding) => string[] = plainLines,
): Promise<boolean> {
  return asOwner(ownerUrl, async (client) => {
    let whole = true;
    for await (const finding of examine(client)) {
      whole &&= finding.broken === 0;
      for (const line of show(finding)) print(line);
    }
    return whole;
  });
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

function jsonLines(finding: Finding): string[] {
  return [JSON.stringify(finding)];
}

function plainLines({ id, promise, examined, broken, examples }: Finding): string[] {
  const indent = '        ';
  const verdict = broken === 0 ? 'ok      ' : 'BROKEN  ';
  const figure = broken === 0 ? `${examined} examined` : `${broken} of ${examined}`;
  const lines = fill(`${id} (${figure}): ${promise}`, outputWidth() - indent.length);
  const found = examples.map((example) => `${indent}- ${example}`);
  return lines.map((line, i) => (i === 0 ? verdict : indent) + line).concat(found);
}
