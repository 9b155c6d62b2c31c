import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { catalogue } from '../src/platform/errors.ts';
import { apiDocument, type ApiDocument, type Operation } from './api-document.ts';
import { call } from './app.ts';
import { twoTenants, type TwoTenants } from './two-tenants.ts';

/** Requests per operation: enough for each odd value in most places, and a few seconds in all. */
const RUNS = 60;
const SEED = 20261121; // the same requests every time; change it to look elsewhere

let made: TwoTenants;
let document: ApiDocument;
before(async () => {
  made = await twoTenants();
  document = await apiDocument(made.app, made.a.ids['rooms'] ?? '');
});
after(() => made.close());

const oddTexts = [
  '',
  ' ',
  '\0',
  '\ud800',
  'e\u0301',
  '\u202etxt',
  '../..',
  "';--",
  '%',
  '-infinity',
  '1e400',
  'null',
];
const oddTimes = [
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999Z',
  '1970-01-01T00:00:00+14:00',
  '2030-01-01T10:00:00-12:00',
];
const oddNumbers = [-1, -0, 0, 1.5, 100, 101, 2 ** 31 - 1, 2 ** 31, 2 ** 53, 1e308];
const odd = fc.oneof(
  fc.constantFrom<unknown>(
    ...oddTexts,
    ...oddTimes,
    ...oddNumbers,
    null,
    true,
    [],
    {},
    [[]],
    'x'.repeat(3_000),
  ),
  fc.constantFrom('00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
  fc.jsonValue(),
);

function mostly<T>(plain: fc.Arbitrary<T>, otherwise: fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.oneof({ weight: 6, arbitrary: plain }, otherwise);
}

/** A valid value with odd ones put in its place, or in that of some of its fields or entries. */
function spoilt(value: unknown, known: readonly string[] = []): fc.Arbitrary<unknown> {
  if (typeof value !== 'object' || value === null) return mostly(fc.constant<unknown>(value), odd);
  if (Array.isArray(value)) {
    const entries = fc.tuple(...value.map((item) => spoilt(item)));
    return mostly<unknown>(entries, fc.oneof(fc.array(odd, { maxLength: 3 }), odd));
  }
  const fields = Object.entries(value).map(([name, child]) => [name, spoilt(child)] as const);
  const name = known.length === 0 ? fc.string() : fc.constantFrom(...known);
  const more = mostly<object>(fc.constant({}), fc.dictionary(name, odd, { maxKeys: 2 }));
  const whole = fc.tuple(fc.record(Object.fromEntries(fields)), more);
  return mostly<unknown>(
    whole.map(([own, extra]) => ({ ...own, ...extra })),
    odd,
  );
}

function requestOf({ path, query, body }: Operation): fc.Arbitrary<{ url: string; body: unknown }> {
  const [, collection = ''] = /\/(\w+)\/\{id\}/.exec(path) ?? [];
  const id = fc.oneof(
    { weight: 4, arbitrary: fc.constant(made.a.ids[collection] ?? '') },
    fc.constantFrom('x', '%00', '00000000-0000-0000-0000-000000000000'),
  );
  const parameters = query.map(({ name, schema, required }) => {
    const value = spoilt(document.sample(schema, name)).map((text) =>
      typeof text === 'string' ? text : JSON.stringify(text),
    );
    return [name, required ? value : mostly<string | undefined>(fc.constant(undefined), value)] as const;
  });
  const sample = body === undefined ? undefined : document.sample(body);
  return fc
    .record({
      id,
      parameters: fc.record(Object.fromEntries(parameters)),
      body:
        sample === undefined ? fc.constant(undefined) : spoilt(sample, Object.keys(body?.properties ?? {})),
    })
    .map(({ id: of, parameters: asked, body: sent }) => {
      const search = new URLSearchParams();
      for (const [name, value] of Object.entries(asked)) if (value !== undefined) search.append(name, value);
      return {
        url: `${path.replace('/api/v1/{tenant}', made.a.base).replace('{id}', of)}?${search.toString()}`,
        body: sent,
      };
    });
}

describe('whatever is asked', () => {
  test('is answered, and every refusal is a problem of the catalogue that tells no secrets', async () => {
    for (const operation of document.operations)
      await fc.assert(
        fc.asyncProperty(requestOf(operation), async ({ url, body }) => {
          const headers = { 'if-match': '*' };
          const answer = await call(made.app, operation.method, url, { key: made.a.key, body, headers });
          assert.ok(
            answer.status < 500,
            `${operation.method} ${url} ${JSON.stringify(body)}: ${answer.text}`,
          );
          if (answer.status < 400) return;
          assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8');
          assert.equal(catalogue[answer.body.code as keyof typeof catalogue].status, answer.status);
          assert.doesNotMatch(answer.text, /\.[cm]?[jt]s:\d|\bselect |pg_|hf_[0-9a-f]{8}/i);
        }),
        { numRuns: RUNS, seed: SEED, interruptAfterTimeLimit: 20_000 },
      );
  });
});
