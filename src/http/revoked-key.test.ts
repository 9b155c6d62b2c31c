import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { call } from '../../test/app.ts';
import { freshDatabase, type FreshDatabase } from '../../test/database.ts';
import { openServingNode, type ServingNode } from '../../test/serving-node.ts';
import { createKey, revokeKey } from '../people/key.ts';
import { createTenant } from '../people/tenant.ts';

/** What is remembered of a key lives longer, also when it ends early: who is refused sooner was told. */
const TOLD_MS = 2_000;

let database: FreshDatabase;
let tenant: string;
let here: ServingNode;
let there: ServingNode;

before(async () => {
  database = await freshDatabase();
  tenant = (await createTenant(database.db, { slug: 'acme' })).id;
  [here, there] = await Promise.all([
    openServingNode(database.servingUrl),
    openServingNode(database.servingUrl),
  ]);
});
after(async () => {
  await Promise.all([here.close(), there.close()]);
  await database.close();
});

const ask = async ({ app }: ServingNode, path: string, key: string) =>
  (await call(app, 'GET', `/api/v1/acme${path}`, { key })).status;
const idOf = (key: string) => key.slice(3, 35).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

for (const path of ['/bookings', '/rooms'])
  test(`a key that is revoked on one server is refused at once there, and a moment later on the other: ${path}`, async () => {
    const key = await createKey(database.db, tenant, { role: 'staff', name: path });
    for (const node of [here, there, here, there, here, there]) assert.equal(await ask(node, path, key), 200); // the second time it is kept, the third not even examined
    assert.ok(await revokeKey(here.db, tenant, idOf(key), 'tests'));
    const begun = performance.now();
    assert.equal(await ask(here, path, key), 401);
    while ((await ask(there, path, key)) !== 401) await setImmediate();
    const ms = performance.now() - begun;
    assert.ok(ms < TOLD_MS, `refused after ${ms.toFixed(0)} ms`);
  });

test('the revocation of one key leaves the others of the company where they are', async () => {
  const [gone, kept] = [
    await createKey(database.db, tenant, { role: 'staff', name: 'gone' }),
    await createKey(database.db, tenant, { role: 'staff', name: 'kept' }),
  ];
  for (const key of [gone, kept]) assert.equal(await ask(there, '/bookings', key), 200);
  await revokeKey(here.db, tenant, idOf(gone), 'tests');
  while ((await ask(there, '/bookings', gone)) !== 401) await setImmediate();
  assert.equal(await ask(there, '/bookings', kept), 200);
});
