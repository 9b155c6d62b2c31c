import { randomBytes } from 'node:crypto';
import { openDatabase, type Database } from '../src/platform/db.ts';
import { openLog } from '../src/platform/log.ts';
import { asOwner, migrate } from '../src/platform/migrate.ts';

export const TEMPLATE = 'holdfast_template';

/** Serialises what touches rows of the whole cluster: memberships of roles, copies of the template. */
const MAKING = 7_301_556_120_045;

export const silentLog = openLog('silent');

export interface FreshDatabase {
  ownerUrl: string;
  servingUrl: string;
  servingLogin: string;
  db: Database;
  close(): Promise<void>;
}

/** An empty, migrated database of its own on the cluster that `npm test` started. Close it after the file's tests. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const { owner, serving } = cluster();
  const name = `test_${randomBytes(6).toString('hex')}`;
  const ownerUrl = onDatabase(owner, name);
  const servingUrl = onDatabase(serving, name);
  const servingLogin = new URL(serving).username;
  await asOwner(owner, async (client) => {
    await client.query('set lock_timeout = 0; select pg_advisory_lock(' + MAKING + ')');
    await client.query(`create database ${name} template ${TEMPLATE}`);
    await migrate(ownerUrl, servingLogin); // nothing is due, but a login's settings belong to one database
  });
  const db = openDatabase({ url: servingUrl, size: 5, named: true, log: silentLog });
  return {
    ownerUrl,
    servingUrl,
    servingLogin,
    db,
    close: async () => {
      await db.close();
      await asOwner(owner, (client) => client.query(`drop database ${name} with (force)`));
    },
  };
}

function cluster(): { owner: string; serving: string } {
  const owner = process.env['HOLDFAST_TEST_CLUSTER'];
  const serving = process.env['HOLDFAST_TEST_SERVING'];
  if (owner === undefined || serving === undefined)
    throw new Error(
      'These tests need a database: run them with "npm test", or one file with "npm test -- <part of its path>".',
    );
  return { owner, serving };
}

/** The same server and login, another database. */
export function onDatabase(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}
