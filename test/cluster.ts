import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attach, type Attachment } from '../src/platform/embedded/attach.ts';
import { asOwner, migrate } from '../src/platform/migrate.ts';
import { onDatabase, TEMPLATE } from './database.ts';

// What is tested is never a crash of this cluster, so nothing waits for the disk.
const FAST = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** Runs `work` while a PostgreSQL of its own is up, on which this process and its children get fresh databases. */
export async function withTestCluster<T>(work: () => Promise<T>): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-test-'));
  await chmod(home, 0o711); // PostgreSQL's own user passes through when root runs the tests
  let attachment: Attachment | undefined;
  try {
    attachment = await attach({ dataDir: join(home, 'data'), say: () => undefined, settings: FAST });
    await makeTemplate(attachment);
    process.env['HOLDFAST_TEST_CLUSTER'] = attachment.ownerUrl;
    process.env['HOLDFAST_TEST_SERVING'] = attachment.servingUrl;
    process.env['NODE_ENV'] = 'test';
    return await work();
  } finally {
    await attachment?.release();
    await rm(home, { recursive: true, force: true });
  }
}

async function makeTemplate({ ownerUrl, servingLogin }: Attachment): Promise<void> {
  await asOwner(ownerUrl, (client) => client.query(`create database ${TEMPLATE}`));
  await migrate(onDatabase(ownerUrl, TEMPLATE), servingLogin);
}
