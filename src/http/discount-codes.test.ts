import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { call, testApp, type Body, type Call, type TestApp } from '../../test/app.ts';
import { planted } from '../../test/planted.ts';
import { asOwner } from '../platform/migrate.ts';
import { promises } from '../kinds/index.ts';
import type { Tenant } from '../people/access.ts';

let made: TestApp;
let tenant: Tenant;
let base: string;
let owner: string;
let client: string;
before(async () => {
  made = await testApp();
  const company = await made.tenantWith('owner', 'client');
  [owner = '', client = ''] = company.keys;
  ({ tenant, base } = company);
});
after(() => made.close());

const ask = (method: string, path: string, { key = owner, ...rest }: Call = {}) =>
  call(made.app, method, `${base}${path}`, { key, ...rest });
const post = (path: string, body: unknown, key = owner) => ask('POST', path, { key, body });

async function done(path: string, body: unknown): Promise<Body> {
  const answer = await post(path, body);
  assert.ok(answer.status < 300, answer.text);
  return answer.body;
}

let halls = 0;
/** A floor of 1 000 places at 10.01 and a gallery, of the category First, at 20.00. */
async function concert() {
  const startsAt = new Date(Date.now() + 9 * 86_400_000).toISOString();
  const sections = ['Floor', 'Gallery'].map((name) => ({ name, kind: 'standing', capacity: 1_000 }));
  const venue = await done('/venues', { name: `Hall ${(halls += 1)}`, sections });
  const prices = [
    { section: 'Floor', amountMinor: 1_001 },
    { section: 'Gallery', amountMinor: 2_000, category: 'First' },
  ];
  const event = await done('/events', { name: 'Concert', venueId: venue['id'], startsAt, prices });
  await done(`/events/${String(event['id'])}/publish`, {});
  const [floor, gallery] = (event['prices'] as { sectionId: string }[]).map(({ sectionId }) => sectionId);
  const line = (sectionId: unknown) => (quantity: number) => ({
    ...{ kind: 'admission', eventId: event['id'], sectionId, quantity },
  });
  return { id: String(event['id']), floor: line(floor), gallery: line(gallery), places: { floor, gallery } };
}

const reason = ({ body }: { body: Body }) =>
  body.errors?.map((fault) => `${fault.pointer} ${fault.reason}`).join() ?? body.code;
const lines = (body: Body) =>
  (body['lines'] as { unitPriceMinor: number; discountMinor: number; totalMinor: number }[]).map(
    ({ unitPriceMinor, discountMinor, totalMinor }) => [unitPriceMinor, discountMinor, totalMinor],
  );
async function used(id: unknown): Promise<unknown> {
  return (await ask('GET', `/discount-codes/${String(id)}`)).body['used'];
}

test('a code is written as people type it, is there once, and is percent or an amount', async () => {
  const code = await done('/discount-codes', { code: ' Früh 10', percent: 10 });
  assert.equal(code['code'], 'FRÜH 10');
  assert.equal(
    reason(await post('/discount-codes', { code: 'fru\u0308h 10 ', percent: 20 })),
    'already_exists',
  );
  assert.equal(reason(await post('/discount-codes', { code: 'X' })), '/percent missing_field');
  const both = { code: 'X', percent: 1, amountMinor: 1 };
  assert.equal(reason(await post('/discount-codes', both)), '/percent missing_field');
  assert.equal(reason(await post('/discount-codes', { code: 'X', percent: 101 })), '/percent out_of_range');
  const event = await concert();
  const held = await done('/holds', { lines: [event.floor(1)], discountCode: 'FRU\u0308H 10' });
  assert.equal(held['discountCode'], 'FRÜH 10');
  assert.equal((await ask('GET', '/discount-codes', { key: client })).body.code, 'forbidden');
});

test('the price is the unit price less the discount, in whole units, line by line and together', async () => {
  const event = await concert();
  await done('/discount-codes', { code: 'THIRD', percent: 33 });
  const order = { lines: [event.floor(1), event.floor(1), event.gallery(1)], discountCode: 'third' };
  const looked = await done('/holds/preview', order);
  const held = await done('/holds', order);
  // 33 % of 4 002 is 1 320.66
  assert.deepEqual(lines(held), [
    [1_001, 331, 670],
    [1_001, 330, 671],
    [2_000, 660, 1_340],
  ]);
  assert.deepEqual([looked['totalMinor'], held['totalMinor']], [2_681, 2_681]);
  const validated = await done('/discount-codes/validate', { code: 'THIRD', lines: order.lines });
  assert.deepEqual(
    [validated['valid'], validated['discountMinor'], validated['totalMinor']],
    [true, 1_321, 2_681],
  );
  const unpriced = await post('/holds', { lines: [{ ...event.floor(1), unitPriceMinor: 1 }] });
  assert.equal(reason(unpriced), '/lines/0/unitPriceMinor unknown_field');
  assert.equal(reason(await post('/holds', { ...order, totalMinor: 1 })), '/totalMinor unknown_field');
  const own = { ...event.floor(1), discount: { code: 'THIRD', percent: 99, amountMinor: 1 } };
  assert.equal(reason(await post('/holds', { lines: [own] })), '/lines/0/discount unknown_field');
});

test('cancelled line by line, the rest costs what it cost and the use comes back with the last line', async () => {
  const event = await concert();
  const { id } = await done('/discount-codes', { code: 'FIVER', amountMinor: 500, maxUses: 1 });
  const held = await done('/holds', { lines: [event.floor(1), event.gallery(1)], discountCode: 'FIVER' });
  const [first = [], second = []] = lines(held);
  assert.equal((first[1] ?? 0) + (second[1] ?? 0), 500);
  const path = `/bookings/${String(held['id'])}`;
  const less = await done(`${path}/cancel`, { lines: [1] });
  assert.equal(less['totalMinor'], second[2]);
  assert.equal(await used(id), 1);
  const again = await post('/holds', { lines: [event.floor(1)], discountCode: 'FIVER' });
  assert.deepEqual([again.body.code, again.body.detail.includes('code')], ['capacity_unavailable', true]);
  assert.deepEqual((again.body['conflicts'] as { rule: string; limit: number }[])[0]?.rule, 'codeUses');
  await done(`${path}/cancel`, {});
  assert.equal(await used(id), 0);
  await done('/holds', { lines: [event.floor(1)], discountCode: 'FIVER' });
});

test('moved, a share is taken of the new price, and nothing where the code is for something else', async () => {
  const [event, other] = [await concert(), await concert()];
  const { id } = await done('/discount-codes', { code: 'HALF', percent: 50, eventIds: [event.id] });
  const held = await done('/holds', { lines: [event.floor(2)], discountCode: 'HALF' });
  const move = (line: object) =>
    done(`/bookings/${String(held['id'])}/reschedule`, { lines: [{ no: 1, ...line }] });
  const dearer = await move({ sectionId: event.places.gallery });
  assert.deepEqual(lines(dearer), [[2_000, 2_000, 2_000]]);
  assert.deepEqual(lines(await move({ quantity: 1 })), [[2_000, 1_000, 1_000]]);
  const elsewhere = await move({ eventId: other.id, sectionId: other.places.floor });
  assert.deepEqual(lines(elsewhere), [[1_001, 0, 1_001]]);
  assert.equal(elsewhere['totalMinor'], 1_001);
  assert.equal(await used(id), 1, 'the booking has used it');
});

test('exactly as many as may use a code do, however many come at once, and each client only so often', async () => {
  const event = await concert();
  const { id } = await done('/discount-codes', { code: 'RUSH', percent: 10, maxUses: 20 });
  const buy = () => post('/holds', { lines: [event.floor(1)], discountCode: 'RUSH' });
  const all = await Promise.all(Array.from({ length: 50 }, buy));
  assert.equal(all.filter(({ status }) => status === 201).length, 20);
  for (const each of all) assert.ok([201, 409].includes(each.status), each.text);
  assert.equal(await used(id), 20);

  await done('/discount-codes', { code: 'ONCE', percent: 10, maxUsesPerClient: 1 });
  const person = (n: number) => ({ firstName: 'A', lastName: 'B', email: `once-${n}@example.org` });
  const buys = (n: number) => ({ lines: [event.floor(1)], discountCode: 'ONCE', client: person(n) });
  assert.equal((await post('/holds', buys(1))).status, 201);
  assert.equal((await post('/holds', buys(2))).status, 201);
  const twice = await post('/holds', buys(1));
  assert.equal((twice.body['conflicts'] as { rule: string }[])[0]?.rule, 'codeUsesPerClient');
  const validate = async (n: number) => {
    const order = { code: 'ONCE', lines: [event.floor(1)], client: person(n) };
    return (await done('/discount-codes/validate', order))['reason'];
  };
  assert.deepEqual([await validate(1), await validate(3)], ['limit_reached', null]);
});

test('a code that cannot be used says why, and nothing is taken', async () => {
  const [event, other] = [await concert(), await concert()];
  const [past, future] = [-1, 1].map((days) => new Date(Date.now() + days * 86_400_000).toISOString());
  const codes = {
    LATE: { percent: 10, validTo: past },
    EARLY: { percent: 10, validFrom: future },
    OTHER: { percent: 10, eventIds: [other.id] },
    TIER: { percent: 10, tiers: ['First'] },
    ROOMS: { percent: 10, kinds: ['room'] },
    LARGE: { percent: 10, minOrderMinor: 5_000 },
    GONE: { percent: 10 },
  };
  for (const [code, terms] of Object.entries(codes)) await done('/discount-codes', { code, ...terms });
  const [gone] = (await ask('GET', '/discount-codes?limit=1')).body['data'] as { id: string }[];
  const archived = { body: { archived: true }, headers: { 'if-match': '"1"' } };
  assert.equal((await ask('PATCH', `/discount-codes/${gone?.id}`, archived)).status, 200);
  const expected = {
    ...{ NONE: 'code_unknown', LATE: 'code_expired', EARLY: 'code_not_yet', OTHER: 'code_not_applicable' },
    ...{ TIER: 'code_not_applicable', ROOMS: 'code_not_applicable', LARGE: 'minimum_not_reached' },
    GONE: 'code_expired',
  };
  for (const [discountCode, why] of Object.entries(expected)) {
    const order = { lines: [event.floor(2)], discountCode };
    for (const path of ['/holds', '/holds/preview'])
      assert.equal(reason(await post(path, order)), `/discountCode ${why}`, `${discountCode} ${path}`);
    const { body } = await post('/discount-codes/validate', { code: discountCode, lines: order.lines });
    assert.deepEqual([body['valid'], body['reason']], [false, why], discountCode);
  }
  const { body } = await ask('GET', `/events/${event.id}/inventory`);
  assert.deepEqual(
    (body['sections'] as { available: number }[]).map(({ available }) => available),
    [1_000, 1_000],
  );
  const tier = await done('/holds', { lines: [event.floor(1), event.gallery(1)], discountCode: 'TIER' });
  assert.deepEqual(
    lines(tier).map(([, off]) => off),
    [0, 200],
  );
});

test('what was changed holds for the next sale, and a code that bookings have is not removed', async () => {
  const event = await concert();
  const code = await done('/discount-codes', { code: 'CHANGES', percent: 10, maxUses: 1 });
  const path = `/discount-codes/${String(code['id'])}`;
  const buy = () => post('/holds', { lines: [event.gallery(1)], discountCode: 'CHANGES' });
  const first = await buy();
  assert.equal((await buy()).status, 409);
  const patch = { body: { percent: 20, maxUses: 2 }, headers: { 'if-match': '"1"' } };
  assert.equal((await ask('PATCH', path, patch)).status, 200);
  assert.equal((await ask('PATCH', path, patch)).body.code, 'precondition_failed');
  assert.deepEqual(lines((await buy()).body), [[2_000, 400, 1_600]]);
  const kept = await ask('GET', `/bookings/${String(first.body['id'])}`);
  assert.deepEqual(lines(kept.body), [[2_000, 200, 1_800]]);
  const remove = () => ask('DELETE', path, { headers: { 'if-match': '*' } });
  assert.equal((await remove()).body.code, 'in_use');
});

test('a code that is there again is not sold on the terms of the one that is gone', async () => {
  const event = await concert();
  const buy = () => post('/holds', { lines: [event.gallery(1)], discountCode: 'AGAIN' });
  const code = await done('/discount-codes', { code: 'AGAIN', percent: 90 });
  const { body } = await buy();
  await done(`/bookings/${String(body['id'])}/cancel`, {});
  const path = `/discount-codes/${String(code['id'])}`;
  assert.equal((await ask('DELETE', path, { headers: { 'if-match': '"1"' } })).status, 204);
  assert.equal(reason(await buy()), '/discountCode code_unknown');
  await done('/discount-codes', { code: 'again', percent: 10 });
  assert.deepEqual(lines((await buy()).body), [[2_000, 200, 1_800]]);
});

test('a use comes back when its hold expires', async () => {
  const event = await concert();
  const { id } = await done('/discount-codes', { code: 'BRIEF', percent: 10, maxUses: 1 });
  const buy = (more: object = {}) =>
    post('/holds', { lines: [event.floor(1)], discountCode: 'BRIEF', ...more });
  await buy({ ttlSeconds: 1 });
  assert.equal((await buy()).status, 409);
  while ((await used(id)) !== 0);
  assert.equal((await buy()).status, 201);
});

test('revenue is what was paid, with the discount taken off', async () => {
  const event = await concert();
  await done('/discount-codes', { code: 'NET', percent: 33 });
  const held = await done('/holds', { lines: [event.floor(3), event.gallery(1)], discountCode: 'NET' });
  await done(`/bookings/${String(held['id'])}/confirm`, {});
  const { body } = await ask('GET', `/events/${event.id}/sales`);
  const sections = body['sections'] as { revenueMinor: number }[];
  assert.deepEqual(
    sections.map(({ revenueMinor }) => revenueMinor),
    lines(held).map(([, , total]) => total),
  );
});

const violations = [
  [
    'a discount that counts as no use',
    'code-use-is-counted',
    `with gone as (delete from engine.stock_claim c
    using sales.discount_code d where d.id = c.resource_id returning c.resource_id, c.units)
    update engine.stock s set taken = s.taken - g.units
    from (select resource_id, sum(units) as units from gone group by 1) g where g.resource_id = s.resource_id`,
  ],
  [
    'a line that costs less than its discount says',
    'discount-adds-up',
    `update engine.booking_line
    set details = jsonb_set(details, '{discount,amountMinor}', '1') where details ? 'discount'`,
  ],
] as const;
for (const [what, id, sql] of violations)
  test(`the doctor sees ${what}`, async () => {
    const found = await asOwner(made.database.ownerUrl, async (client) => {
      await client.query(`set holdfast.tenant = '${tenant.id}'`);
      return planted(client, sql, promises);
    });
    assert.deepEqual(
      found.map((finding) => finding.id),
      [id],
    );
  });
