import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { freshDatabase } from '../../test/database.ts';
import { freshKeys } from '../../test/keys.ts';
import { createKey, renewKey, revokeKey } from './key.ts';
import { createTenant } from './tenant.ts';

const { db, close } = await freshDatabase();
after(close);
const tenant = await createTenant(db, { slug: 'renewing' });
const program = { role: 'admin', name: 'program' } as const;
/** Nothing is kept from before, as in a process that starts now. */
const verify = (key: string) => freshKeys(db).verify(tenant.id, key);

test('a renewed key is the same principal with a new secret, and the old secret ends', async () => {
  const first = await renewKey(db, tenant.id, program);
  const second = await renewKey(db, tenant.id, program);
  const principal = await verify(second);
  assert.equal(principal?.role, 'admin');
  assert.equal(await verify(first), undefined);
  const third = await renewKey(db, tenant.id, program);
  assert.deepEqual(await verify(third), principal);
});

test('keys of another name or role, and revoked ones, are not renewed', async () => {
  const staff = await createKey(db, tenant.id, { role: 'staff', name: 'desk' });
  const other = await renewKey(db, tenant.id, { role: 'admin', name: 'desk' });
  assert.equal((await verify(staff))?.role, 'staff');
  const before = await verify(other);
  assert.equal(before?.role, 'admin');
  await revokeKey(db, tenant.id, before.id, 'tests');
  const after = await verify(await renewKey(db, tenant.id, { role: 'admin', name: 'desk' }));
  assert.ok(after && after.id !== before.id);
});
