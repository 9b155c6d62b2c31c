import { stat } from 'node:fs/promises';
import { Refusal } from '../refusal.ts';
import { complaintIn, run, type Account } from './program.ts';

const NAME = 'holdfast';
const TIMEOUT_MS = 10_000;

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/**
 * Who PostgreSQL runs as: it refuses root, so root lends it the system user `holdfast`, which is made when it
 * does not exist. Anybody else runs it as themselves (undefined).
 */
export async function accountForNew(say: (line: string) => void): Promise<Account | undefined> {
  if (!isRoot()) return undefined;
  const known = await lookUp();
  if (known !== undefined) return known;
  const made = await run(
    'useradd',
    [
      '--system',
      '--user-group',
      '--no-create-home',
      '--home-dir',
      '/nonexistent',
      '--shell',
      '/usr/sbin/nologin',
      NAME,
    ],
    undefined,
    TIMEOUT_MS,
  );
  const account = await lookUp(); // also when useradd failed: a twin may have been faster
  if (account === undefined)
    throw new Refusal(
      `PostgreSQL does not run as root, and the system user "${NAME}" could not be made (${complaintIn(made.output)}). ` +
        'Start Holdfast as an ordinary user, or make that user yourself.',
    );
  if (made.ok) say(`PostgreSQL does not run as root: made the system user "${NAME}" for it.`);
  return account;
}

/** The owner of an existing cluster: PostgreSQL starts as nobody else. */
export async function accountOf(directory: string): Promise<Account | undefined> {
  if (!isRoot()) return undefined;
  const { uid, gid } = await stat(directory);
  return { uid, gid };
}

async function lookUp(): Promise<Account | undefined> {
  const uid = await run('id', ['-u', NAME], undefined, TIMEOUT_MS);
  const gid = await run('id', ['-g', NAME], undefined, TIMEOUT_MS);
  return uid.ok && gid.ok && Number(uid.output) > 0
    ? { uid: Number(uid.output), gid: Number(gid.output) }
    : undefined;
}
