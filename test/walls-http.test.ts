import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { apiDocument, type ApiDocument, type Operation } from './api-document.ts';
import { call } from './app.ts';
import { twoTenants, type FullTenant, type TwoTenants } from './two-tenants.ts';

let made: TwoTenants;
let document: ApiDocument;

before(async () => {
  made = await twoTenants();
  document = await apiDocument(made.app, made.a.ids['rooms'] ?? '');
});
after(() => made.close());

/** The operation on the entries of `owner`, called at the address of `at` with the key of `caller`. */
function ask(
  { method, path, query, body }: Operation,
  at: FullTenant,
  owner: FullTenant,
  caller: FullTenant,
) {
  const [, collection = ''] = /\/([\w-]+)\/\{id\}/.exec(path) ?? [];
  const id = owner.ids[collection];
  if (path.includes('{id}'))
    assert.ok(
      id,
      `${path}: make an entry of "${collection}" in test/two-tenants.ts, so that this can be tested`,
    );
  const asked = query
    .filter((parameter) => parameter.required)
    .map(({ name, schema }) => `${name}=${encodeURIComponent(String(document.sample(schema, name)))}`);
  const url = path
    .replace('/api/v1/{tenant}', at.base)
    .replace('{id}', id ?? '')
    .replace(/(\w+)\/\{\w+\}/, (_, inside: string) => `${inside}/${owner.ids[inside]}`); // an entry of an entry
  return call(made.app, method, asked.length === 0 ? url : `${url}?${asked.join('&')}`, {
    key: caller.key,
    headers: { 'if-match': '*' },
    ...(body === undefined ? {} : { body: withSeats(document.sample(body), owner) }),
  });
}

/** Seats are told from other ids by nothing in the document, and only a seat of the event will do. */
function withSeats(body: unknown, { ids }: FullTenant): unknown {
  const namesSeats = typeof body === 'object' && body !== null && 'seatIds' in body;
  return namesSeats ? { ...body, seatIds: [ids['seats']] } : body;
}

describe('over HTTP, by every operation of the API document', () => {
  test("B's key at B's address finds none of A's entries", async () => {
    const onEntries = document.operations.filter(({ path }) => path.includes('{id}'));
    assert.ok(onEntries.length >= 8, 'the API document lacks operations');
    for (const each of onEntries) {
      const foreign = await ask(each, made.b, made.a, made.b);
      assert.equal(foreign.status, 404, `${each.method} ${each.path}: ${foreign.text}`);
      assert.equal(foreign.body.code, 'not_found');
    }
  });

  test("B's key is nobody's at A's address, also where no key is needed", async () => {
    for (const each of document.operations) {
      const answer = await ask(each, made.a, made.a, made.b);
      assert.equal(answer.status, 401, `${each.method} ${each.path}: ${answer.text}`);
      assert.ok(answer.headers['www-authenticate']);
    }
  });

  test("B's lists show nothing of A's", async () => {
    const lists = document.operations.filter(
      ({ method, path }) => method === 'GET' && !path.includes('{id}'),
    );
    for (const each of lists) {
      const { status, text } = await ask(each, made.b, made.b, made.b);
      assert.equal(status, 200, `${each.path}: ${text}`);
      for (const id of Object.values(made.a.ids)) assert.ok(!text.includes(id), `${each.path} shows ${id}`);
    }
  });

  test("B cannot hold A's room", async () => {
    const line = {
      kind: 'room',
      roomId: made.a.ids['rooms'],
      start: '2030-01-01T10:00:00Z',
      end: '2030-01-01T11:00:00Z',
    };
    const answer = await call(made.app, 'POST', `${made.b.base}/holds`, {
      key: made.b.key,
      body: { lines: [line] },
    });
    assert.ok([404, 422].includes(answer.status), answer.text);
    assert.deepEqual(
      answer.body.errors.map(({ pointer, reason }) => [pointer, reason]),
      [['/lines/0/roomId', 'invalid_reference']],
    );
  });

  test('what needs a key is refused without one, and an unknown company is not found', async () => {
    for (const { method, path, needsKey } of document.operations) {
      const url = (base: string) =>
        path.replace('/api/v1/{tenant}', base).replace('{id}', made.a.ids['rooms'] ?? '');
      const bare = await call(made.app, method, url(made.a.base));
      assert.equal(bare.status === 401, needsKey, `${method} ${path}: ${bare.text}`);
      assert.equal((await call(made.app, method, url('/api/v1/nobody'))).status, 404, `${method} ${path}`);
    }
  });

  // Last, as it changes A's entries: the proof that the calls above were refused for being B's, not for being wrong.
  test("A's own key at A's address finds each of them", async () => {
    const onEntries = document.operations.filter(({ path }) => path.includes('{id}'));
    const removals = onEntries
      .filter(({ method }) => method === 'DELETE')
      .sort((one, other) => other.path.length - one.path.length); // what stands inside an entry before the entry
    for (const each of [...onEntries.filter((one) => !removals.includes(one)), ...removals]) {
      const own = await ask(each, made.a, made.a, made.a);
      assert.ok(![400, 401, 404, 422].includes(own.status), `${each.method} ${each.path}: ${own.text}`);
    }
  });
});
