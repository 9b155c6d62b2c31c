import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { call, testApp, type TestApp } from '../../test/app.ts';
import { probe } from '../../test/probe.ts';
import { buildApp } from './app.ts';
import { openEngine } from '../engine/index.ts';
import type { Kind } from '../kinds/kind.ts';
import { silentLog } from '../../test/database.ts';

let web: TestApp;
before(async () => {
  web = await testApp({ more: [probe] });
});
after(() => web.close());

test('a key of each role may do what its role says; without a key only what is public', async () => {
  const { base, keys } = await web.tenantWith('client', 'staff', 'admin', 'owner');
  const statuses = async (path: string) =>
    Promise.all(
      [undefined, ...keys].map(async (key) => (await call(web.app, 'GET', base + path, { key })).status),
    );
  assert.deepEqual(await statuses('/probe'), [200, 200, 200, 200, 200]);
  assert.deepEqual(await statuses('/probe/booking.create'), [401, 200, 200, 200, 200]);
  assert.deepEqual(await statuses('/probe/catalogue.write'), [401, 403, 403, 200, 200]);
});

test('a refusal for want of a key says how to send one', async () => {
  const { base } = await web.tenantWith();
  const { headers, body } = await call(web.app, 'GET', `${base}/probe/booking.create`);
  assert.equal(headers['www-authenticate'], 'Bearer realm="holdfast"');
  assert.equal(body.code, 'unauthenticated');
  assert.match(body.detail, /Authorization: Bearer hf_/);
});

test('a wrong key is refused even where none is needed', async () => {
  const { base, keys } = await web.tenantWith('admin');
  const other = await web.tenantWith('admin');
  const [key = ''] = keys;
  const wrong = [
    `Bearer ${other.keys[0]}`,
    `Bearer ${key.slice(0, -1)}`,
    `Bearer ${key}x`,
    `Bearer ${key.toUpperCase()}`,
    `Bearer ${key} ${key}`,
    `Bearer hf_${'0'.repeat(32)}_${'A'.repeat(43)}`,
    `Bearer ${'x'.repeat(5_000)}`,
    'Bearer',
    'Bearer ',
    '',
    key,
    `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
  ];
  for (const authorization of wrong) {
    const { status, headers, body } = await call(web.app, 'GET', `${base}/rooms`, {
      headers: { authorization },
    });
    assert.deepEqual([status, body.code], [401, 'unauthenticated'], authorization.slice(0, 60));
    assert.equal(headers['www-authenticate'], 'Bearer realm="holdfast", error="invalid_token"');
  }
  const spelt = { authorization: `bearer   ${key}` };
  assert.equal((await call(web.app, 'GET', `${base}/rooms`, { headers: spelt })).status, 200);
});

test('a company that does not exist is not found, whatever it is called', async () => {
  for (const slug of ['nobody', 'UPPER', 'a', '%00', '..', "';--", '%F0%9F%92%A9', 'x'.repeat(199)]) {
    const { status, body } = await call(web.app, 'GET', `/api/v1/${slug}/rooms`);
    assert.deepEqual([status, body.code], [404, 'not_found'], slug);
  }
});

test('who may not call learns nothing about the body', async () => {
  const { base, keys } = await web.tenantWith('client');
  const asked = { headers: { 'content-type': 'text/plain' } };
  assert.equal((await call(web.app, 'POST', `${base}/rooms`, asked)).status, 401);
  assert.equal((await call(web.app, 'POST', `${base}/rooms`, { ...asked, key: keys[0] })).status, 403);
  assert.equal((await call(web.app, 'POST', '/api/v1/nobody/rooms', asked)).status, 404);
});

test('the actor is the key, and nobody in particular without one', async () => {
  const { base, keys } = await web.tenantWith('staff');
  const echo = async (key?: string) =>
    (await call(web.app, 'POST', `${base}/probe`, { key, body: { name: 'x' } })).body;
  const id = keys[0]?.split('_')[1]?.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  assert.deepEqual((await echo(keys[0]))['actor'], { principal: `key:${id}`, role: 'staff' });
  assert.deepEqual((await echo())['actor'], { principal: 'public', role: 'public' });
});

test('a route that does not say who may call it, or what it takes and answers, stops the start', async () => {
  const { db } = web.database;
  const careless: Kind = {
    ...probe,
    routes: (app) => void app.post('/careless', async () => 'anything'),
  };
  const engine = openEngine({ db, log: silentLog, width: 1, guarded: true });
  await assert.rejects(
    buildApp({ db, engine, kinds: [careless], log: silentLog }),
    /POST \/api\/v1\/:tenant\/careless lacks config.permission, .*schema.body/,
  );
});
