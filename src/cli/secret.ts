import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newSecret } from '../platform/id.ts';

/**
 * The secret of whoever set none, beside the embedded database and for its owner's eyes only; made when it is first
 * needed. With a database elsewhere there is none: it would be another one on each server.
 */
export async function keptSecret(dataDir: string | undefined): Promise<string | undefined> {
  if (dataDir === undefined) return undefined;
  const file = join(dataDir, 'secret');
  await writeFile(file, `${newSecret()}\n`, { mode: 0o600, flag: 'wx' }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    },
  );
  return (await readFile(file, 'utf8')).trim();
}
