import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { silentLog } from '../../../test/database.ts';
import { runProgram } from '../../../test/program.ts';
import { createTenant, findTenant } from '../../people/tenant.ts';
import { openDatabase } from '../../platform/db.ts';
import { attach, type Attachment } from '../../platform/embedded/attach.ts';
import { asOwner, migrate } from '../../platform/migrate.ts';

// The shared cluster of the tests does not count statements, and cannot be told to while it runs.
let home: string;
let postgres: Attachment;

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'holdfast-counted-'));
  await chmod(home, 0o711);
  const settings = { shared_preload_libraries: 'pg_stat_statements', fsync: 'off' };
  postgres = await attach({ dataDir: join(home, 'data'), say: () => undefined, settings });
  await migrate(postgres.ownerUrl, postgres.servingLogin);
});
after(async () => {
  await postgres.release();
  await rm(home, { recursive: true, force: true });
});

const analyze = (...more: string[]) =>
  runProgram(['perf', 'analyze-queries', ...more], {
    env: { DATABASE_URL: postgres.servingUrl, DATABASE_DIRECT_URL: postgres.ownerUrl },
  }).ended;

test('without the extension it says in plain words what to do, and answers 2', async () => {
  const { code, stderr } = await analyze();
  assert.equal(code, 2);
  assert.match(stderr, /shared_preload_libraries.*create extension pg_stat_statements/);
});

test('the statements that took the most time are told by the names of the program, with their plans', async () => {
  await asOwner(postgres.ownerUrl, (client) => client.query('create extension pg_stat_statements'));
  const db = openDatabase({ url: postgres.servingUrl, size: 1, named: true, log: silentLog });
  await createTenant(db, { slug: 'counted' });
  for (let n = 0; n < 300; n++) await findTenant(db, 'counted');
  await db.close();
  const { code, stdout } = await analyze('--json');
  assert.equal(code, 0);
  const { statements } = JSON.parse(stdout) as {
    statements: { name: string; calls: number; plan?: string[] }[];
  };
  const found = statements.find(({ name }) => name === 'people.tenantById');
  assert.equal(found?.calls, 300);
  assert.match(found.plan?.join('\n') ?? '', /people\.tenant/);
  const plain = await analyze();
  assert.match(plain.stdout, /^statement +calls +total ms +mean ms +rows +share$/m);
  assert.doesNotMatch(plain.stdout, /explain/, 'what the command itself asks is left out');
  for (const line of plain.stdout.split('\n')) assert.ok(line.length <= 80, line);
});
