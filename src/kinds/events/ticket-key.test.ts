import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { call } from '../../../test/app.ts';
import { admission, BoxOffice, faults, type OnSale } from '../../../test/box-office.ts';
import { silentLog } from '../../../test/database.ts';
import { openEngine } from '../../engine/index.ts';
import { buildApp } from '../../http/app.ts';
import { createKey } from '../../people/key.ts';
import { kinds } from '../index.ts';
import type { Ticket } from './ticket-schema.ts';

let office: BoxOffice;
before(async () => (office = await BoxOffice.open()));
after(() => office.close());

async function sold(): Promise<{ event: OnSale; path: string; token: string | null }> {
  const event = await office.event();
  const held = await office.hold(admission(event, 'Floor', 1));
  const path = `/bookings/${String(held.body['id'])}/tickets`;
  await office.post(path.replace('tickets', 'confirm'));
  return { event, path, token: await tokenAt(path) };
}

async function tokenAt(path: string): Promise<string | null> {
  const answer = await office.get(path);
  assert.equal(answer.status, 200, answer.text);
  return (answer.body['data'] as Ticket[])[0]?.token ?? null;
}

async function keyIds(): Promise<string[]> {
  const { keys } = (await office.get('/ticket-keys')).body as unknown as {
    keys: { kid: string; signs: boolean }[];
  };
  return keys.toSorted((a, b) => Number(b.signs) - Number(a.signs)).map(({ kid }) => kid);
}

const scan = (event: OnSale, token: string | null) => office.post(`/events/${event.id}/check-in`, { token });

test('asked for by many at once, the first key is made once', async () => {
  const neighbour = await office.neighbour();
  const event = await neighbour.event();
  const held = await neighbour.hold(admission(event, 'Floor', 1));
  const path = `/bookings/${String(held.body['id'])}`;
  await neighbour.post(`${path}/confirm`);
  const answers = await Promise.all(Array.from({ length: 8 }, () => neighbour.get(`${path}/tickets`)));
  assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
  assert.equal((await neighbour.rows('select id from events.ticket_key')).length, 1);
});

test('a new key signs; what the old one signed is good until that is withdrawn', async () => {
  const [first, second, third] = [await sold(), await sold(), await sold()];
  const [old] = await keyIds();
  assert.equal((await office.remove(`/ticket-keys/${old}`)).body.code, 'wrong_state');
  assert.equal((await office.post('/ticket-keys')).status, 201);
  assert.deepEqual((await keyIds())[1], old);
  const renewed = await tokenAt(first.path);
  assert.notEqual(renewed, first.token);
  assert.equal((await scan(first.event, first.token)).status, 200);
  assert.equal((await scan(second.event, await tokenAt(second.path))).status, 200);
  assert.equal((await office.remove(`/ticket-keys/${old}`)).status, 204);
  assert.equal((await office.remove(`/ticket-keys/${old}`)).status, 404);
  assert.deepEqual(faults(await scan(third.event, third.token)), ['/token ticket_forged']);
  assert.equal((await scan(third.event, await tokenAt(third.path))).status, 200);
  assert.equal((await keyIds()).length, 1);
  assert.equal((await office.ask('POST', '/ticket-keys', { by: 'client' })).status, 403);
});

test('the private key is not to be read in the database, and without the secret nothing is signed, but scans go on', async () => {
  const { event, path, token } = await sold();
  const rows = (await office.rows('select sealed_key from events.ticket_key')) as { sealed_key: Buffer }[];
  for (const { sealed_key } of rows)
    assert.ok(!sealed_key.includes(Buffer.from('302e020100300506032b6570', 'hex')));
  const { db } = office.web.database;
  const key = await createKey(db, office.tenant.id, { role: 'admin', name: 'no secret' });
  const engine = openEngine({ db, log: silentLog, width: 2, guarded: true });
  const app = await buildApp({ db, engine, kinds, log: silentLog });
  try {
    const base = `/api/v1/${office.tenant.slug}`;
    const refused = await call(app, 'POST', `${base}/ticket-keys`, { key });
    assert.deepEqual([refused.status, refused.body.code], [503, 'unavailable']);
    assert.match(refused.body.detail, /HOLDFAST_SECRET/);
    const fresh = await call(app, 'POST', `${base}/events/${event.id}/check-in`, { key, body: { token } });
    assert.equal(fresh.status, 200, fresh.text);
    assert.equal((await office.get(path)).status, 200);
  } finally {
    await app.close();
  }
});
