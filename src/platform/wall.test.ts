import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { freshDatabase, type FreshDatabase } from '../../test/database.ts';
import { asOwner } from './migrate.ts';
import { assertWalled } from './wall.ts';
import { Refusal } from './refusal.ts';

let database: FreshDatabase;
before(async () => void (database = await freshDatabase()));
after(() => database.close());

/** What assertWalled says of a role made by `sql`; the transaction is rolled back, so no role stays. */
async function judge(sql: string, role = 'wall_test'): Promise<void> {
  await asOwner(database.ownerUrl, async (client: pg.Client) => {
    await client.query('begin');
    try {
      await client.query(sql);
      await client.query(`set local role ${role}`);
      await assertWalled(client);
    } finally {
      await client.query('rollback');
    }
  });
}

function refused(pattern: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof Refusal && pattern.test(error.message);
}

test('the role that migrations prepare may serve', async () => {
  await judge('select 1', 'holdfast_app');
});

test('a superuser may not serve', async () => {
  await assert.rejects(judge('create role wall_test superuser'), refused(/is a superuser/));
});

test('a role that bypasses row-level security may not serve', async () => {
  await assert.rejects(judge('create role wall_test bypassrls'), refused(/bypass/));
});

test('the owner of a walled table may not serve', async () => {
  const sql = 'create role wall_test; alter table people.tenant owner to wall_test';
  await assert.rejects(judge(sql), refused(/people\.tenant/));
});

test('a member of the owner may not serve, even if it has to ask for its rights', async () => {
  const sql = `create role wall_owner; alter table people.tenant owner to wall_owner;
    create role wall_test noinherit; grant wall_owner to wall_test`;
  await assert.rejects(judge(sql), refused(/member/));
});
