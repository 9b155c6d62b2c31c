import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshDatabase, type FreshDatabase } from '../../test/database.ts';
import { freshKeys } from '../../test/keys.ts';
import type { Database } from '../platform/db.ts';
import { Problem } from '../platform/errors.ts';
import { uuidV7 } from '../platform/id.ts';
import { asOwner } from '../platform/migrate.ts';
import { createKey, revokeKey } from './key.ts';
import { cachedTenants, createTenant, findTenant } from './tenant.ts';

let database: FreshDatabase;
let db: Database;

before(async () => {
  database = await freshDatabase();
  db = database.db;
});
after(() => database.close());

/** The same database, counting how often it is asked. */
function counting(): { db: Database; asked: () => number } {
  let asked = 0;
  const count = <F extends (...args: never[]) => unknown>(call: F) =>
    ((...args: never[]) => {
      asked += 1;
      return call(...args);
    }) as F;
  return { db: { ...db, read: count(db.read), asWorker: count(db.asWorker) }, asked: () => asked };
}

test('a tenant is UTC and EUR and named like its slug unless told otherwise', async () => {
  const plain = await createTenant(db, { slug: 'plain' });
  assert.deepEqual(await findTenant(db, 'plain'), plain);
  assert.deepEqual([plain.name, plain.timezone, plain.currency], ['plain', 'UTC', 'EUR']);

  const told = { slug: 'told', name: 'Told & Co', timezone: 'Asia/Kolkata', currency: 'JPY' };
  const { id, ...kept } = await createTenant(db, told);
  assert.deepEqual(kept, told);
  const clocks = await asOwner(database.ownerUrl, (client) =>
    client.query('select from engine.tenant_clock where tenant_id = $1', [id]),
  );
  assert.equal(clocks.rowCount, 1);
});

test('a slug belongs to one tenant, also when two want it at once', async () => {
  const tries = await Promise.allSettled([1, 2, 3].map(() => createTenant(db, { slug: 'wanted' })));
  const made = tries.filter((outcome) => outcome.status === 'fulfilled');
  const refused = tries.filter((outcome) => outcome.status === 'rejected');
  assert.equal(made.length, 1);
  for (const { reason } of refused) assert.equal((reason as Problem).code, 'already_exists');
});

test('a tenant that cannot be is refused with the reason', async () => {
  const refused: [Parameters<typeof createTenant>[1], string][] = [
    [{ slug: 'A' }, 'invalid_text'],
    [{ slug: 'a' }, 'invalid_text'],
    [{ slug: 'a--b' }, 'invalid_text'],
    [{ slug: 'ab/../x' }, 'invalid_text'],
    [{ slug: 'a'.repeat(41) }, 'invalid_text'],
    [{ slug: 'health' }, 'invalid_value'],
    [{ slug: 'ok', name: ' ' }, 'invalid_text'],
    [{ slug: 'ok', timezone: 'Mars/Olympus' }, 'unknown_timezone'],
    [{ slug: 'ok', currency: 'EURO' }, 'invalid_value'],
  ];
  for (const [asked, reason] of refused)
    await assert.rejects(createTenant(db, asked), (error) => {
      assert.ok(error instanceof Problem, JSON.stringify(asked));
      assert.equal(error.details.errors?.[0]?.reason, reason, JSON.stringify(asked));
      return true;
    });
  assert.equal(await findTenant(db, 'ok'), undefined);
});

test('tenants are asked for once, unknown ones too, and a new one appears within a second', async () => {
  const { db: counted, asked } = counting();
  let now = 1_000;
  const tenants = cachedTenants(counted, { now: () => now });
  await createTenant(db, { slug: 'cached' });
  const found = await Promise.all([1, 2, 3].map(() => tenants.bySlug('cached')));
  assert.ok(found.every((tenant) => tenant?.slug === 'cached'));
  assert.equal(asked(), 2); // the slug, then the tenant
  assert.equal(await tenants.bySlug('not-yet'), undefined);
  assert.equal(await tenants.bySlug('not-yet'), undefined);
  assert.equal(await tenants.bySlug('no slug at all'), undefined);
  assert.equal(asked(), 3);

  await createTenant(db, { slug: 'not-yet' });
  now += 1_001;
  assert.equal((await tenants.bySlug('not-yet'))?.slug, 'not-yet');
});

test('a key is known by its tenant alone, and only whole', async () => {
  const mine = await createTenant(db, { slug: 'mine' });
  const other = await createTenant(db, { slug: 'other' });
  const keys = freshKeys(db);
  const printed = await createKey(db, mine.id, { role: 'staff', name: 'desk' });
  assert.match(printed, /^hf_[0-9a-f]{32}_[A-Za-z0-9_-]{43}$/);

  assert.equal((await keys.verify(mine.id, printed))?.role, 'staff');
  assert.equal(await keys.verify(other.id, printed), undefined);
  const another = await createKey(db, mine.id, { role: 'owner', name: 'desk' });
  const [, id] = printed.split('_');
  const [, , ...secret] = another.split('_');
  assert.equal(await keys.verify(mine.id, `hf_${id}_${secret.join('_')}`), undefined);
  assert.equal(await keys.verify(mine.id, printed.slice(0, -1)), undefined);
  assert.equal(await keys.verify(mine.id, ''), undefined);
});

test('of a secret only its hash is kept', async () => {
  const { id: tenant } = await createTenant(db, { slug: 'secretive' });
  const printed = await createKey(db, tenant, { role: 'admin', name: 'shown once' });
  const { rows } = await asOwner(database.ownerUrl, (client) =>
    client.query<{ row: string }>('select k::text as row from people.api_key k where tenant_id = $1', [
      tenant,
    ]),
  );
  assert.equal(rows.length, 1);
  assert.ok(!rows[0]?.row.includes(printed.split('_').slice(2).join('_')));
});

test('a verified key costs no query until its time is up, and a revoked one ends within 5 s', async () => {
  const { id: tenant } = await createTenant(db, { slug: 'revoking' });
  const printed = await createKey(db, tenant, { role: 'admin', name: 'soon gone' });
  const { db: counted, asked } = counting();
  let now = 1_000;
  const keys = freshKeys(counted, { now: () => now });
  const verified = await keys.verify(tenant, printed);
  assert.ok(verified);
  await keys.verify(tenant, printed);
  assert.equal(asked(), 1);

  assert.ok(await revokeKey(db, tenant, verified.id, 'tests'));
  now += 3_001; // one s more for who was let in just before, and one for reading the row
  assert.equal(await keys.verify(tenant, printed), undefined);
  assert.equal(await revokeKey(db, tenant, uuidV7(), 'tests'), false);
});

test('an expired key is unknown', async () => {
  const { id: tenant } = await createTenant(db, { slug: 'expiring' });
  const printed = await createKey(db, tenant, { role: 'admin', name: 'over' });
  await asOwner(database.ownerUrl, (client) =>
    client.query(`update people.api_key set expires_at = now() where tenant_id = $1`, [tenant]),
  );
  assert.equal(await freshKeys(db).verify(tenant, printed), undefined);
});
