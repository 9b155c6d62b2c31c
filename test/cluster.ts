import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attach, type Attachment } from '../src/platform/embedded/attach.ts';
import { prepareLogins, SERVING_LOGIN } from '../src/platform/embedded/logins.ts';
import { asOwner, migrate } from '../src/platform/migrate.ts';
import { onDatabase, TEMPLATE } from './database.ts';
import { startSystemPostgres } from './system-postgres.ts';

// What is tested is never a crash of this cluster, so nothing waits for the disk.
const FAST = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

interface Cluster {
  ownerUrl: string;
  servingUrl: string;
  servingLogin: string;
}

/**
 * Runs `work` while a PostgreSQL of its own is up, on which this process and its children get fresh databases: the
 * embedded one, or one from the programs in `bin`.
 */
export function withTestCluster<T>(work: () => Promise<T>, bin?: string): Promise<T> {
  const prepared = async ({ ownerUrl, servingUrl, servingLogin }: Cluster) => {
    await asOwner(ownerUrl, (client) => client.query(`create database ${TEMPLATE}`));
    await migrate(onDatabase(ownerUrl, TEMPLATE), servingLogin);
    process.env['HOLDFAST_TEST_CLUSTER'] = ownerUrl;
    process.env['HOLDFAST_TEST_SERVING'] = servingUrl;
    process.env['NODE_ENV'] = 'test';
    return work();
  };
  return bin === undefined ? onEmbedded(prepared) : onSystems(bin, prepared);
}

async function onEmbedded<T>(work: (cluster: Cluster) => Promise<T>): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
  await chmod(home, 0o711); // PostgreSQL's own user passes through when root runs the tests
  let attachment: Attachment | undefined;
  try {
    attachment = await attach({ dataDir: join(home, 'data'), say: () => undefined, settings: FAST });
    return await work(attachment);
  } finally {
    await attachment?.release();
    await rm(home, { recursive: true, force: true });
  }
}

async function onSystems<T>(bin: string, work: (cluster: Cluster) => Promise<T>): Promise<T> {
  const server = await startSystemPostgres(bin, FAST);
  try {
    const serving = new URL(server.url);
    await asOwner(server.url, (client) => prepareLogins(client, serving.password));
    serving.username = SERVING_LOGIN;
    return await work({ ownerUrl: server.url, servingUrl: serving.href, servingLogin: SERVING_LOGIN });
  } finally {
    await server.close();
  }
}
