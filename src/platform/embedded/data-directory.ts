import { randomBytes } from 'node:crypto';
import { chown, link, lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { Refusal, reasonOf } from '../refusal.ts';
import { accountForNew, isRoot } from './account.ts';
import { embeddedMajor, findBinaries, SHARED_ROOT } from './binaries.ts';
import { complaintIn, run, type Account } from './program.ts';

export const OWNER_LOGIN = 'holdfast_owner';
const FILE = 'cluster.json';
const INITDB_TIMEOUT_MS = 120_000;
const CLUSTER = /^postgres-[0-9a-f]{16}$/;

/** The cluster that a data directory stands for. */
export interface Cluster {
  directory: string;
  ownerPassword: string;
  servingPassword: string;
}

interface ClusterFile {
  postgresql: number;
  /** Inside the data directory, or absolute where PostgreSQL's user cannot reach that. */
  directory: string;
  ownerPassword: string;
  servingPassword: string;
}

/** The cluster of `dataDir`; makes the directory and a new cluster when there is none yet. */
export async function openDataDirectory(dataDir: string, say: (line: string) => void): Promise<Cluster> {
  await prepare(dataDir);
  const known = await readClusterFile(dataDir);
  if (known !== undefined) return known;
  await refuseForeign(dataDir);
  say(`Making a new database in ${dataDir}.`);
  await create(dataDir, say);
  const made = await readClusterFile(dataDir);
  if (made === undefined) throw new Refusal(`The data directory ${dataDir} vanished while it was made.`);
  return made;
}

async function prepare(dataDir: string): Promise<void> {
  try {
    // Root lets others pass through (not look): PostgreSQL's user must reach the cluster inside.
    await mkdir(dataDir, { recursive: true, mode: isRoot() ? 0o711 : 0o700 });
  } catch (error) {
    throw new Refusal(`The data directory ${dataDir} cannot be made: ${reasonOf(error)}.`);
  }
}

async function readClusterFile(dataDir: string): Promise<Cluster | undefined> {
  const path = join(dataDir, FILE);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new Refusal(`The data directory ${dataDir} cannot be read: ${reasonOf(error)}.`);
  });
  if (text === undefined) return undefined;
  const file = parse(text, path);
  const major = await embeddedMajor();
  if (file.postgresql !== major)
    throw new Refusal(
      `The data directory ${dataDir} belongs to PostgreSQL ${file.postgresql}, and this version of Holdfast brings ` +
        `PostgreSQL ${major}. Name another one with HOLDFAST_DATA_DIR, or use the version of Holdfast that made it.`,
    );
  const directory = isAbsolute(file.directory) ? file.directory : join(resolve(dataDir), file.directory);
  await lstat(directory).catch(() => {
    throw new Refusal(
      `The database of the data directory ${dataDir} is gone: there is no ${directory}. ` +
        'Restore it from a backup, or delete the data directory to begin with an empty one.',
    );
  });
  return { directory, ownerPassword: file.ownerPassword, servingPassword: file.servingPassword };
}

function parse(text: string, path: string): ClusterFile {
  try {
    const file = JSON.parse(text) as Partial<ClusterFile>;
    const { postgresql, directory, ownerPassword, servingPassword } = file;
    if (typeof postgresql === 'number' && directory && ownerPassword && servingPassword)
      return { postgresql, directory, ownerPassword, servingPassword };
  } catch {
    // not JSON: refused below like JSON that is not ours
  }
  throw new Refusal(`${path} was not written by Holdfast. Name another directory with HOLDFAST_DATA_DIR.`);
}

async function refuseForeign(dataDir: string): Promise<void> {
  const foreign = (await readdir(dataDir)).find((name) => !isOurs(name));
  if (foreign !== undefined)
    throw new Refusal(
      `The data directory ${dataDir} is not empty and was not made by Holdfast (it holds ${foreign}). ` +
        'Name another one with HOLDFAST_DATA_DIR.',
    );
}

/** What a crash while the first cluster was made may have left. */
function isOurs(name: string): boolean {
  return CLUSTER.test(name) || name.startsWith('.cluster-') || name.startsWith('postgresql-');
}

/**
 * A cluster becomes real with the one `link` that publishes its file: a crash before leaves nothing that counts,
 * and of twins the first wins.
 */
async function create(dataDir: string, say: (line: string) => void): Promise<void> {
  const account = await accountForNew(say);
  const name = `postgres-${randomBytes(8).toString('hex')}`;
  const file = { ownerPassword: password(), servingPassword: password() };
  const draft = join(dataDir, `.cluster-${randomBytes(8).toString('hex')}.json`);
  const inside = await canPass(dataDir, account);
  const directory = inside ? join(resolve(dataDir), name) : join(SHARED_ROOT, name);
  try {
    await makeOwned(directory, account);
    await initdb(directory, dataDir, file.ownerPassword, account);
    const recorded: ClusterFile = {
      postgresql: await embeddedMajor(),
      directory: inside ? name : directory,
      ...file,
    };
    await writeFile(draft, `${JSON.stringify(recorded, null, 2)}\n`, { mode: 0o600 });
    await link(draft, join(dataDir, FILE));
    if (!inside) say(`PostgreSQL's user cannot reach ${dataDir}, so the database lies in ${directory}.`);
  } catch (error) {
    await rm(directory, { recursive: true, force: true }).catch(() => undefined);
    if ((await readClusterFile(dataDir)) !== undefined) return; // a twin was first
    throw error instanceof Refusal
      ? error
      : new Refusal(`The data directory ${dataDir} cannot be used: ${reasonOf(error)}.`);
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

/** Removes what a crash or slower twins left beside the cluster that counts. A twin still at work fails, and then uses the same. */
export async function sweepLeftovers(dataDir: string, cluster: Cluster): Promise<void> {
  for (const name of await readdir(dataDir)) {
    const path = join(resolve(dataDir), name);
    if (CLUSTER.test(name) && path !== cluster.directory) await rm(path, { recursive: true, force: true });
  }
}

function password(): string {
  return randomBytes(24).toString('base64url');
}

async function canPass(dataDir: string, account: Account | undefined): Promise<boolean> {
  if (account === undefined) return true;
  const tried = await run('test', ['-x', resolve(dataDir)], account, INITDB_TIMEOUT_MS);
  return tried.ok;
}

async function makeOwned(directory: string, account: Account | undefined): Promise<void> {
  await mkdir(dirname(directory), { recursive: true, mode: 0o755 });
  await mkdir(directory, { mode: 0o700 });
  if (account !== undefined) await chown(directory, account.uid, account.gid);
}

async function initdb(
  directory: string,
  dataDir: string,
  ownerPassword: string,
  account: Account | undefined,
): Promise<void> {
  const { initdb: program } = await findBinaries(account, dataDir);
  const secret = await mkdtemp(join(tmpdir(), 'holdfast-'));
  try {
    const file = join(secret, 'password');
    await writeFile(file, ownerPassword, { mode: 0o600 });
    if (account !== undefined) for (const path of [secret, file]) await chown(path, account.uid, account.gid);
    const args = [
      ...['-D', directory, '-U', OWNER_LOGIN, `--pwfile=${file}`, '--auth=scram-sha-256'],
      ...['-E', 'UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C', '-k'],
    ];
    const made = await run(program, args, account, INITDB_TIMEOUT_MS);
    if (!made.ok)
      throw new Refusal(`A database could not be made in ${directory}: ${complaintIn(made.output)}`);
  } finally {
    await rm(secret, { recursive: true, force: true });
  }
}
