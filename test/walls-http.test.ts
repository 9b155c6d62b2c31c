import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { call } from './app.ts';
import { twoTenants, type FullTenant, type TwoTenants } from './two-tenants.ts';

interface Schema {
  type?: string | string[];
  format?: string;
  enum?: unknown[];
  const?: unknown;
  minProperties?: number;
  minItems?: number;
  items?: Schema;
  oneOf?: Schema[];
  required?: string[];
  properties?: Record<string, Schema>;
  $ref?: string;
}

interface Operation {
  operationId: string;
  security?: Record<string, string[]>[];
  parameters?: { in: string; name: string; required: boolean; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

let made: TwoTenants;
let document: Document;

before(async () => {
  made = await twoTenants();
  document = (await made.app.inject('/api/openapi.json')).json();
});
after(() => made.close());

interface Asked {
  method: string;
  path: string;
  operation: Operation;
}

/** Every operation of a tenant in the API document, so that a new route is tested without being told about. */
function operations(): Asked[] {
  return Object.entries(document.paths)
    .filter(([path]) => path.startsWith('/api/v1/{tenant}'))
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({
        method: method.toUpperCase(),
        path,
        operation,
      })),
    );
}

/** The operation on the entries of `owner`, called at the address of `at` with the key of `caller`. */
function ask({ method, path, operation }: Asked, at: FullTenant, owner: FullTenant, caller: FullTenant) {
  const [, collection = ''] = /\/(\w+)\/\{id\}/.exec(path) ?? [];
  const id = owner.ids[collection];
  if (path.includes('{id}'))
    assert.ok(
      id,
      `${path}: make an entry of "${collection}" in test/two-tenants.ts, so that this can be tested`,
    );
  const query = (operation.parameters ?? [])
    .filter((parameter) => parameter.in === 'query' && parameter.required)
    .map(({ name, schema }) => `${name}=${encodeURIComponent(String(sample(schema, name)))}`);
  const url = path.replace('/api/v1/{tenant}', at.base).replace('{id}', id ?? '');
  const body = operation.requestBody?.content['application/json']?.schema;
  return call(made.app, method, query.length === 0 ? url : `${url}?${query.join('&')}`, {
    key: caller.key,
    headers: { 'if-match': '*' },
    ...(body === undefined ? {} : { body: sample(body) }),
  });
}

/** Something that a schema accepts. */
function sample(schema: Schema, name = ''): unknown {
  if (schema.$ref !== undefined)
    return sample(document.components.schemas[schema.$ref.split('/').pop() ?? ''] ?? {});
  if (schema.oneOf !== undefined) return sample(schema.oneOf[0] ?? {});
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  if (schema.format === 'date-time') return `2030-01-01T1${name === 'to' || name === 'end' ? 1 : 0}:00:00Z`;
  if (schema.format === 'uuid') return made.a.ids['rooms'];
  switch ([schema.type].flat()[0]) {
    case 'object':
      return sampleObject(schema);
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => sample(schema.items ?? {}));
    case 'integer':
      return 1;
    case 'boolean':
      return false;
    default:
      return 'x';
  }
}

function sampleObject({ properties = {}, required = [], minProperties = 0 }: Schema): unknown {
  const more = Object.keys(properties).slice(0, minProperties);
  const wanted = [...new Set([...required, ...more])];
  return Object.fromEntries(wanted.map((name) => [name, sample(properties[name] ?? {}, name)]));
}

describe('over HTTP, by every operation of the API document', () => {
  test("B's key at B's address finds none of A's entries", async () => {
    const onEntries = operations().filter(({ path }) => path.includes('{id}'));
    assert.ok(onEntries.length >= 8, 'the API document lacks operations');
    for (const each of onEntries) {
      const foreign = await ask(each, made.b, made.a, made.b);
      assert.equal(foreign.status, 404, `${each.method} ${each.path}: ${foreign.text}`);
      assert.equal(foreign.body.code, 'not_found');
    }
  });

  test("B's key is nobody's at A's address, also where no key is needed", async () => {
    for (const each of operations()) {
      const answer = await ask(each, made.a, made.a, made.b);
      assert.equal(answer.status, 401, `${each.method} ${each.path}: ${answer.text}`);
      assert.ok(answer.headers['www-authenticate']);
    }
  });

  test("B's lists show nothing of A's", async () => {
    const lists = operations().filter(({ method, path }) => method === 'GET' && !path.includes('{id}'));
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
    for (const { method, path, operation } of operations()) {
      const url = (base: string) =>
        path.replace('/api/v1/{tenant}', base).replace('{id}', made.a.ids['rooms'] ?? '');
      const needsKey = operation.security?.every((one) => Object.keys(one).length > 0) ?? false;
      const bare = await call(made.app, method, url(made.a.base));
      assert.equal(bare.status === 401, needsKey, `${method} ${path}: ${bare.text}`);
      assert.equal((await call(made.app, method, url('/api/v1/nobody'))).status, 404, `${method} ${path}`);
    }
  });

  // Last, as it changes A's entries: the proof that the calls above were refused for being B's, not for being wrong.
  test("A's own key at A's address finds each of them", async () => {
    const onEntries = operations().filter(({ path }) => path.includes('{id}'));
    const removals = onEntries.filter(({ method }) => method === 'DELETE');
    for (const each of [...onEntries.filter((one) => !removals.includes(one)), ...removals]) {
      const own = await ask(each, made.a, made.a, made.a);
      assert.ok(![400, 401, 404, 422].includes(own.status), `${each.method} ${each.path}: ${own.text}`);
    }
  });
});
