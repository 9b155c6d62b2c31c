import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { catalogue } from '../src/platform/errors.ts';
import { apiDocument, type ApiDocument, type Operation } from './api-document.ts';
import { call } from './app.ts';
import { twoTenants, type TwoTenants } from './two-tenants.ts';

const RUNS = 40; // random requests for each operation
const SEED = 20261121; // the same requests every time; change it to look elsewhere

let made: TwoTenants;
let document: ApiDocument;
before(async () => {
  made = await twoTenants();
  document = await apiDocument(made.app, made.a.ids['rooms'] ?? '');
});
after(() => made.close());

const ODD: readonly unknown[] = [
  ...['', ' ', '\0', '\ud800', 'e\u0301', '\u202etxt', '../..', "';--", '%', '-infinity', '1e400', 'null'],
  ...[
    '0001-01-01T00:00:00Z',
    '9999-12-31T23:59:59.999Z',
    '0001-01-01T00:00:00+14:00',
    '2026-02-30T00:00:00Z',
  ],
  ...['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'x'.repeat(3_000)],
  ...[-1, -0, 0, 1.5, 100, 101, 2 ** 31 - 1, 2 ** 31, 2 ** 53, 1e308, null, true, [], {}, [[]]],
];

interface Request {
  id: string;
  query: readonly (readonly [string, unknown])[];
  body: unknown;
}

/** Sends it with a key that may do everything, and demands what holds for every answer. */
async function send({ method, path }: Operation, { id, query, body }: Request): Promise<void> {
  const search = query.map(([name, value]) => `${name}=${inUrl(value)}`).join('&');
  const url = `${path.replace('/api/v1/{tenant}', made.a.base).replace('{id}', id)}?${search}`;
  const answer = await call(made.app, method, url, { key: made.a.key, body, headers: { 'if-match': '*' } });
  assert.ok(answer.status < 500, `${method} ${url} ${JSON.stringify(body)}: ${answer.text}`);
  if (answer.status < 400) return;
  assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8');
  assert.equal(catalogue[answer.body.code as keyof typeof catalogue].status, answer.status);
  assert.doesNotMatch(answer.text, /\.[cm]?[jt]s:\d|\bselect |pg_|hf_[0-9a-f]{8}/i);
}

function inUrl(value: unknown): string {
  return encodeURIComponent((typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed());
}

function idFor({ path }: Operation): string {
  const [, collection = ''] = /\/([\w-]+)\/\{id\}/.exec(path) ?? [];
  return made.a.ids[collection] ?? '';
}

function requiredQuery({ query }: Operation): [string, unknown][] {
  return query
    .filter(({ required }) => required)
    .map(({ name, schema }) => [name, document.sample(schema, name)]);
}

/** `value` with one of its parts replaced by `odd`, once for each part. */
function* replaced(value: unknown, odd: unknown): Generator {
  yield odd;
  if (Array.isArray(value))
    for (const [i, item] of value.entries())
      for (const other of replaced(item, odd)) yield value.with(i, other);
  else if (typeof value === 'object' && value !== null)
    for (const [name, child] of Object.entries(value))
      for (const other of replaced(child, odd)) yield { ...value, [name]: other };
}

/** Valid requests with one odd value in them, in each place that a request has. */
function* spoiltOnce(operation: Operation): Generator<Request> {
  const id = idFor(operation);
  const query = requiredQuery(operation);
  const body = operation.body && document.sample(operation.body, '', 'whole');
  yield { id, query, body };
  for (const odd of ODD) {
    if (id !== '') yield { id: inUrl(odd), query, body };
    for (const { name } of operation.query)
      yield { id, query: [...query.filter(([other]) => other !== name), [name, odd]], body };
    if (body !== undefined) for (const other of replaced(body, odd)) yield { id, query, body: other };
  }
}

/** Any JSON at all for a body, and any text for parameters. */
function anything(operation: Operation): fc.Arbitrary<Request> {
  const names = operation.query.map(({ name }) => name);
  const parameter = fc.tuple(names.length === 0 ? fc.string() : fc.constantFrom(...names), fc.string());
  const known = Object.keys(operation.body?.properties ?? {});
  const fields = fc.dictionary(known.length === 0 ? fc.string() : fc.constantFrom(...known), fc.jsonValue());
  return fc.record({
    id: fc.constant(idFor(operation)),
    query: fc.array(parameter, { maxLength: 3 }),
    body: operation.body === undefined ? fc.constant(undefined) : fc.oneof(fields, fc.jsonValue()),
  });
}

describe('every request is answered, and every refusal is a problem of the catalogue that tells no secrets:', () => {
  test('one odd value in each place of a valid request', async () => {
    for (const operation of document.operations)
      for (const request of spoiltOnce(operation)) await send(operation, request);
  });

  test('anything at all', async () => {
    for (const operation of document.operations)
      await fc.assert(
        fc.asyncProperty(anything(operation), (request) => send(operation, request)),
        { numRuns: RUNS, seed: SEED, interruptAfterTimeLimit: 20_000 },
      );
  });
});
