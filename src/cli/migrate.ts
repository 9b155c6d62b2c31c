import type { Config } from '../config.ts';
import { prepareDatabase } from './prepare.ts';
import { withReached } from './reach.ts';

export async function migrateCommand(config: Config): Promise<number> {
  const applied = await withReached(config, prepareDatabase);
  for (const name of applied) console.log(`Applied ${name}.`);
  if (applied.length === 0) console.log('The database is up to date.');
  return 0;
}
