import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { asOwner } from '../migrate.ts';
import { Refusal } from '../refusal.ts';
import { attach, type Attachment } from './attach.ts';

async function dataDirectory(t: TestContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-attach-'));
  await chmod(home, 0o711);
  t.after(() => rm(home, { recursive: true, force: true }));
  return join(home, 'data');
}

function open(dataDir: string): Promise<Attachment> {
  return attach({ dataDir, say: () => undefined, settings: { fsync: 'off' } });
}

async function clusterIn(dataDir: string): Promise<string> {
  const { directory } = JSON.parse(await readFile(join(dataDir, 'cluster.json'), 'utf8')) as {
    directory: string;
  };
  return join(dataDir, directory);
}

async function answers({ ownerUrl }: Attachment): Promise<boolean> {
  return asOwner(ownerUrl, async (client) => (await client.query('select 1')).rowCount === 1).catch(
    () => false,
  );
}

test('twins that meet on an empty directory share one cluster, and only the last to leave stops it', async (t) => {
  const dataDir = await dataDirectory(t);
  const twins = await Promise.all([open(dataDir), open(dataDir), open(dataDir)]);
  const [first, second, third] = twins;
  assert.ok(first && second && third);
  assert.equal(new Set(twins.map(({ ownerUrl }) => ownerUrl)).size, 1);
  assert.equal(twins.filter(({ startedNow }) => startedNow).length, 1);
  const clusters = (await readdir(dataDir)).filter((name) => name.startsWith('postgres-'));
  assert.deepEqual(clusters, [(await clusterIn(dataDir)).split('/').at(-1)]);

  await first.release();
  assert.ok(await answers(second));
  await Promise.all([second.release(), third.release()]);
  assert.equal(await answers(third), false);
});

test('whoever attaches while another stops the cluster ends up on a running one', async (t) => {
  const dataDir = await dataDirectory(t);
  let held = await open(dataDir);
  for (let round = 0; round < 5; round += 1) {
    const [, next] = await Promise.all([held.release(), open(dataDir)]);
    assert.ok(await answers(next));
    held = next;
  }
  await held.release();
});

test('one server at a time, and the next as soon as it has let go', async (t) => {
  const dataDir = await dataDirectory(t);
  const [first, second] = [await open(dataDir), await open(dataDir)];
  await first.claimServer();
  await assert.rejects(second.claimServer(), Refusal);
  await first.release();
  await second.claimServer();
  await second.release();
});

test('a postmaster.pid whose number now belongs to another program does not stop the start', async (t) => {
  const dataDir = await dataDirectory(t);
  await (await open(dataDir)).release();
  const other = spawn('sleep', ['600']);
  t.after(() => other.kill('SIGKILL'));
  const cluster = await clusterIn(dataDir);
  const stale = [other.pid, cluster, 1_700_000_000, 5432, '', '127.0.0.1', '', 'ready', ''].join('\n');
  await writeFile(join(cluster, 'postmaster.pid'), stale, { mode: 0o600 });
  const attachment = await open(dataDir);
  assert.ok(await answers(attachment));
  await attachment.release();
});

test('the login that serves is neither superuser nor owner of anything', async (t) => {
  const attachment = await open(await dataDirectory(t));
  t.after(() => attachment.release());
  const serving = await asOwner(attachment.servingUrl, async (client) => {
    const { rows } = await client.query<{ own: boolean; super: boolean }>(
      `select rolsuper as super, exists (select from pg_class where relowner = pg_roles.oid) as own
         from pg_roles where rolname = current_user`,
    );
    return rows[0];
  });
  assert.deepEqual(serving, { own: false, super: false });
});

test('secrets in the data directory are for its owner alone', async (t) => {
  const dataDir = await dataDirectory(t);
  await (await open(dataDir)).release();
  assert.equal((await stat(join(dataDir, 'cluster.json'))).mode & 0o077, 0);
});
