import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { call, testApp, type Body, type Call, type TestApp } from '../../test/app.ts';
import { createKey } from '../people/key.ts';
import type { Tenant } from '../people/access.ts';

const OPEN_HOLDS = 3;
let made: TestApp;
let tenant: Tenant;
let base: string;
let owner: string;
let nobodys: string;
before(async () => {
  made = await testApp({ openHolds: OPEN_HOLDS });
  const company = await made.tenantWith('owner', 'client');
  [owner = '', nobodys = ''] = company.keys;
  ({ tenant, base } = company);
});
after(() => made.close());

const ask = (method: string, path: string, { key = owner, ...rest }: Call = {}) =>
  call(made.app, method, `${base}${path}`, { key, ...rest });

async function client(email: string, more: object = {}): Promise<Body> {
  const body = { firstName: 'Ada', lastName: 'Lovelace', email, ...more };
  const answer = await ask('POST', '/clients', { body });
  assert.equal(answer.status, 201, answer.text);
  return answer.body;
}

let events = 0;
/** Standing places, sold in lines of `take(quantity)`. */
async function concert(terms: object = {}) {
  const startsAt = new Date(Date.now() + 9 * 86_400_000).toISOString();
  const sections = [{ name: 'Floor', kind: 'standing', capacity: 1_000 }];
  const venue = await ask('POST', '/venues', { body: { name: `Hall ${(events += 1)}`, sections } });
  const prices = [{ section: 'Floor', amountMinor: 1_000 }];
  const body = { name: 'Concert', venueId: venue.body['id'], startsAt, prices, ...terms };
  const event = (await ask('POST', '/events', { body })).body;
  await ask('POST', `/events/${String(event['id'])}/publish`, { body: {} });
  const [floor] = event['prices'] as { sectionId: string }[];
  return (quantity: number) => ({
    ...{ kind: 'admission', eventId: event['id'], sectionId: floor?.sectionId, quantity },
  });
}

const reasons = ({ body }: { body: Body }) => body.errors.map(({ pointer, reason }) => [pointer, reason]);

test('a person has one row in a company, whatever the case of the e-mail', async () => {
  const ada = await client('Ada@Example.org', { phone: '+44 1', tags: ['vip'] });
  assert.equal(ada['email'], 'Ada@Example.org');
  const again = await ask('POST', '/clients', {
    body: { firstName: 'A', lastName: 'L', email: 'ada@EXAMPLE.org' },
  });
  assert.deepEqual([again.status, again.body.code], [409, 'already_exists']);
  const other = await client('grace@example.org', { firstName: 'Grace', lastName: 'Hopper' });
  const taken = await ask('PATCH', `/clients/${String(other['id'])}`, {
    body: { email: 'ADA@example.org' },
    headers: { 'if-match': '"1"' },
  });
  assert.deepEqual([taken.status, taken.body.code], [409, 'already_exists']);
});

test('a client is changed from the version that was read, archived, and found again', async () => {
  const { id } = await client('change@example.org');
  const path = `/clients/${String(id)}`;
  const patch = (body: object, tag: string) => ask('PATCH', path, { body, headers: { 'if-match': tag } });
  assert.equal((await patch({ firstName: 'Augusta' }, '"1"')).body['firstName'], 'Augusta');
  assert.equal((await patch({ phone: '1' }, '"1"')).body.code, 'precondition_failed');
  assert.equal((await patch({ archived: true }, '"2"')).body['archived'], true);
  const ids = async (query: string) => {
    const { data } = (await ask('GET', `/clients?${query}`)).body as unknown as { data: { id: unknown }[] };
    return data.map((each) => each.id);
  };
  assert.deepEqual(await ids('search=change'), []);
  assert.deepEqual(await ids('search=change&archived=true'), [id]);
  const hold = { lines: [(await concert())(1)], clientId: id };
  assert.deepEqual(reasons(await ask('POST', '/holds', { body: hold })), [['/clientId', 'archived']]);
});

test('the search knows how e-mail, last name and first name begin, whatever their case', async () => {
  const { id } = await client('zoe@tests.example', {
    firstName: 'Zoë',
    lastName: 'Österreicher',
    tags: ['a'],
  });
  const found = async (query: string) => (await ask('GET', `/clients?${query}`)).text.includes(String(id));
  for (const search of ['ZOE@', 'zoë', 'ÖSTER', 'O\u0308ster'])
    assert.ok(await found(`search=${encodeURIComponent(search)}`), search);
  for (const search of ['reicher', 'tests', '%25', '_oe'])
    assert.ok(!(await found(`search=${search}`)), search);
  assert.ok(await found('search=zo&tag=a'));
  assert.ok(!(await found('search=zo&tag=b')));
});

test('a hold finds the client of an e-mail or makes him, also when several come at once', async () => {
  const take = await concert();
  const body = {
    lines: [take(1)],
    client: { firstName: 'New', lastName: 'Comer', email: 'New@example.org' },
  };
  const held = await Promise.all([1, 2, 3].map(() => ask('POST', '/holds', { body })));
  for (const each of held) assert.equal(each.status, 201, each.text);
  const ids = new Set(held.map((each) => each.body['clientId']));
  assert.equal(ids.size, 1);
  const [id] = ids;
  const listed = await ask('GET', `/bookings?clientId=${String(id)}`);
  const { data } = listed.body as unknown as { data: { id: unknown; clientId: unknown }[] };
  assert.deepEqual(new Set(data.map((each) => each.id)), new Set(held.map((each) => each.body['id'])));
  const row = await ask('GET', `/clients/${String(id)}`);
  assert.equal(row.body['lastName'], 'Comer');
});

test('who is there already stays as he is when somebody books for him', async () => {
  const { id } = await client('kept@example.org');
  const named = { firstName: 'Other', lastName: 'Name', email: 'KEPT@example.org' };
  const held = await ask('POST', '/holds', { body: { lines: [(await concert())(1)], client: named } });
  assert.equal(held.body['clientId'], id);
  assert.equal((await ask('GET', `/clients/${String(id)}`)).body['firstName'], 'Ada');
});

test('a look ahead makes nobody, and nobody is two people', async () => {
  const take = await concert({ maxPerClient: 2 });
  const newcomer = { firstName: 'No', lastName: 'Body', email: 'nobody@example.org' };
  const looked = await ask('POST', '/holds/preview', { body: { lines: [take(2)], client: newcomer } });
  assert.equal(looked.body['possible'], true);
  const none = (await ask('GET', '/clients?search=nobody@')).body as unknown as { data: unknown[] };
  assert.deepEqual(none.data, []);
  const both = { lines: [take(1)], client: newcomer, clientId: (await client('both@example.org'))['id'] };
  assert.deepEqual(reasons(await ask('POST', '/holds', { body: both })), [['/client', 'unknown_field']]);
  const unknown = { lines: [take(1)], clientId: '0192f0c1-7b1a-7c3e-9a51-0f2d6b1c8e4a' };
  const answer = await ask('POST', '/holds', { body: unknown });
  assert.deepEqual([answer.status, reasons(answer)], [404, [['/clientId', 'invalid_reference']]]);
});

test('a limit per client counts over orders and keys, and for each client apart', async () => {
  const take = await concert({ maxPerClient: 3 });
  const [ada, bob] = [await client('limit-a@example.org'), await client('limit-b@example.org')];
  const key = await createKey(made.database.db, tenant.id, {
    ...{ role: 'client', name: 'her own', clientId: String(ada['id']) },
  } as const);
  const hold = (quantity: number, clientId: unknown) =>
    ask('POST', '/holds', { body: { lines: [take(quantity)], clientId } });
  assert.equal((await hold(2, ada['id'])).status, 201);
  const over = await ask('POST', '/holds', { key, body: { lines: [take(2)] } });
  assert.equal(over.body.code, 'capacity_unavailable');
  assert.deepEqual((over.body['conflicts'] as { reason: string }[])[0]?.reason, 'limit_reached');
  const last = await ask('POST', '/holds', { key, body: { lines: [take(1)] } });
  assert.equal(last.body['clientId'], ada['id']);
  assert.equal((await hold(3, bob['id'])).status, 201, 'of another client');
  assert.equal((await hold(1, ada['id'])).status, 409);
  const bookings = await ask('GET', '/bookings', { key });
  assert.equal((bookings.body['data'] as unknown[]).length, 2, 'hers, also what others held for her');
  const moved = await ask('POST', `/bookings/${String(last.body['id'])}/cancel`, { key, body: {} });
  assert.equal(moved.status, 200);
  assert.equal((await hold(1, ada['id'])).status, 201, 'what she gave back counts no more');
});

test("a client's key books for him alone and sees no others", async () => {
  const take = await concert();
  const [ada, bob] = [await client('own-a@example.org'), await client('own-b@example.org')];
  const key = await createKey(made.database.db, tenant.id, {
    ...{ role: 'client', name: 'her own', clientId: String(ada['id']) },
  } as const);
  const named = { firstName: 'B', lastName: 'B', email: 'own-b@example.org' };
  for (const whom of [{ clientId: bob['id'] }, { client: named }])
    for (const own of [key, nobodys]) {
      const answer = await ask('POST', '/holds', { key: own, body: { lines: [take(1)], ...whom } });
      assert.equal(answer.body.code, 'forbidden');
    }
  const foreign = await ask('POST', '/holds', { body: { lines: [take(1)], clientId: bob['id'] } });
  assert.equal((await ask('GET', `/bookings/${String(foreign.body['id'])}`, { key })).status, 404);
  assert.equal(
    (await ask('GET', `/bookings?clientId=${String(bob['id'])}`, { key })).text.includes('reference'),
    false,
  );
  assert.equal((await ask('GET', '/clients', { key })).body.code, 'forbidden');
  const mine = await ask('POST', '/holds', { body: { lines: [take(1)], clientId: ada['id'] } });
  const confirmed = await ask('POST', `/bookings/${String(mine.body['id'])}/confirm`, { key, body: {} });
  assert.equal(confirmed.body['state'], 'confirmed');
});

test('a client has only so many holds open, whichever of their lines are left; confirming makes room', async () => {
  const take = await concert();
  const { id } = await client('open@example.org');
  const hold = () => ask('POST', '/holds', { body: { lines: [take(1), take(1)], clientId: id } });
  const held = [await hold(), await hold(), await hold()];
  for (const each of held) assert.equal(each.status, 201, each.text);
  const path = `/bookings/${String(held[0]?.body['id'])}`;
  assert.equal((await ask('POST', `${path}/cancel`, { body: { lines: [1] } })).status, 200);
  const over = await hold();
  assert.deepEqual((over.body['conflicts'] as object[])[0], {
    ...{ line: 1, resource: (over.body['conflicts'] as { resource: string }[])[0]?.resource },
    ...{ reason: 'limit_reached', available: 0, rule: 'openHolds', limit: OPEN_HOLDS },
  });
  assert.equal((await ask('POST', `${path}/confirm`, { body: {} })).status, 200);
  assert.equal((await hold()).status, 201);
  for (let n = 0; n < OPEN_HOLDS + 1; n++) {
    const desk = await ask('POST', '/holds', { body: { lines: [take(1)] } });
    assert.equal(desk.status, 201, 'who serves others and names nobody is not counted');
  }
});

test('a client with bookings is not removed, one without is', async () => {
  const { id } = await client('stays@example.org');
  await ask('POST', '/holds', { body: { lines: [(await concert())(1)], clientId: id } });
  const remove = (which: unknown) =>
    ask('DELETE', `/clients/${String(which)}`, { headers: { 'if-match': '*' } });
  assert.equal((await remove(id)).body.code, 'in_use');
  const gone = await client('goes@example.org');
  assert.equal((await remove(gone['id'])).status, 204);
  assert.equal((await remove(gone['id'])).status, 404);
});
