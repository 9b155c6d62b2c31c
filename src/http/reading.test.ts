import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { call, testApp, type Body, type TestApp } from '../../test/app.ts';
import { probe } from '../../test/probe.ts';

let web: TestApp;
let base: string;
before(async () => {
  web = await testApp({ more: [probe] });
  ({ base } = await web.tenantWith());
});
after(() => web.close());

/** A body word for word, as `JSON.stringify` would not write it. */
async function raw(payload: string | Buffer, headers: Record<string, string> = {}, path = '/probe') {
  const answer = await web.app.inject({
    method: 'POST',
    url: `${base}${path}`,
    payload,
    headers: { 'content-type': 'application/json', ...headers },
  });
  return { status: answer.statusCode, body: answer.json<Body>() };
}

const post = (body: unknown) => call(web.app, 'POST', `${base}/probe`, { body });
const get = (query: string) => call(web.app, 'GET', `${base}/probe${query}`);

/** `status code reason@pointer ...`, the whole of what a program can see of a refusal. */
function told({ status, body }: { status: number; body: Body }): string {
  const faults = (body.errors ?? []).map(({ pointer, reason }) => `${reason}@${pointer}`);
  return [status, body.code, ...faults].join(' ');
}

describe('a body that cannot be read', () => {
  const deep = (levels: number) => `{"name":${'['.repeat(levels)}1${']'.repeat(levels)}}`;
  const unreadable: [string, string | Buffer, string][] = [
    ['cut off', '{"name":', 'invalid_json@'],
    ['with a comma too many', '{"name":"x",}', 'invalid_json@'],
    ['of two documents', '{"name":"x"}{"name":"y"}', 'invalid_json@'],
    ['with NaN', '{"name":NaN}', 'invalid_json@'],
    ['that is a byte order mark', '\ufeff', 'invalid_json@'],
    ['that is empty', '', 'empty_body@'],
    ['in Latin-1', Buffer.from('{"name":"Zürich"}', 'latin1'), 'invalid_encoding@'],
    ['with an encoded surrogate', Buffer.from('7b226e616d65223a22eda08022', 'hex'), 'invalid_encoding@'],
    ['nested too deeply', deep(32), `too_deep@/name${'/0'.repeat(31)}`],
    ['nested beyond all bounds', deep(100_000), `too_deep@/name${'/0'.repeat(31)}`],
    ['with __proto__', '{"name":"x","__proto__":{"role":"owner"}}', 'forbidden_key@/__proto__'],
    ['with an escaped __proto__', '{"name":"x","\\u005f_proto__":1}', 'forbidden_key@/__proto__'],
    [
      'with constructor',
      '{"name":"x","a":[{"constructor":{"prototype":{}}}]}',
      'forbidden_key@/a/0/constructor',
    ],
  ];
  for (const [what, payload, fault] of unreadable)
    test(what, async () => assert.equal(told(await raw(payload)), `400 malformed ${fault}`));

  test('as deep as allowed is read', async () => {
    assert.equal(told(await raw(deep(31))), '422 rule_violated invalid_type@/name');
  });

  test('of more than 256 KiB', async () => {
    const longest = 256 * 1024 - '{"name":""}'.length;
    assert.equal(told(await raw(`{"name":"${'x'.repeat(longest + 1)}"}`)), '413 too_large');
    assert.equal(
      told(await raw(`{"name":"${'x'.repeat(longest)}"}`)),
      '422 rule_violated invalid_text@/name',
    );
  });

  const types = [
    ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml'],
    ['application/json; charset=iso-8859-1', 'application/json; charset=utf-8; x=1', 'application/json5'],
    [
      'application/problem+json',
      'text/json',
      'json',
      'application/json\t;a=b',
      'application/json, text/plain',
    ],
  ].flat();
  for (const type of types)
    test(`as ${JSON.stringify(type)}`, async () => {
      assert.equal(told(await raw('{"name":"x"}', { 'content-type': type })), '415 unsupported_media_type');
    });

  test('compressed', async () => {
    assert.equal(
      told(await raw('{"name":"x"}', { 'content-encoding': 'gzip' })),
      '415 unsupported_media_type',
    );
  });

  for (const type of [
    'application/json',
    'Application/JSON; Charset=UTF-8',
    'application/json;charset="utf-8"',
  ])
    test(`but as ${type} it can`, async () => {
      assert.equal((await raw('{"name":"x"}', { 'content-type': type })).status, 200);
    });
});

describe('a body that can be read and is wrong', () => {
  const wrong: [string, unknown, string][] = [
    ['a missing field', {}, 'missing_field@/name'],
    ['an unknown field', { name: 'x', role: 'owner' }, 'unknown_field@/role'],
    ['a field named like a method', { name: 'x', toString: 1 }, 'unknown_field@/toString'],
    ['an unknown field with odd letters', { name: 'x', 'a/b~c': 1 }, 'unknown_field@/a~1b~0c'],
    ['a number for a text', { name: 5 }, 'invalid_type@/name'],
    ['null for a text', { name: null }, 'invalid_type@/name'],
    ['an array for the body', [], 'invalid_type@'],
    ['a text for the body', 'name', 'invalid_type@'],
    ['null for the body', null, 'invalid_type@'],
    ['a text for a number', { name: 'x', count: '5' }, 'invalid_number@/count'],
    ['a fraction', { name: 'x', count: 1.5 }, 'invalid_number@/count'],
    ['a number too small', { name: 'x', count: 0 }, 'out_of_range@/count'],
    ['a number too large', { name: 'x', count: 2 ** 53 + 2 }, 'out_of_range@/count'],
    ['an empty text', { name: '' }, 'invalid_text@/name'],
    ['a text of spaces', { name: '   ' }, 'invalid_text@/name'],
    ['a text that ends with a space', { name: 'x ' }, 'invalid_text@/name'],
    ['a text too long', { name: 'x'.repeat(21) }, 'invalid_text@/name'],
    ['a line break in a name', { name: 'a\nb' }, 'invalid_text@/name'],
    ['a control character in a note', { name: 'x', note: 'a\u0007b' }, 'invalid_text@/note'],
    ['NUL', { name: 'a\0b' }, 'invalid_text@/name'],
    ['NUL in a key', { name: 'x', 'a\0': 1 }, 'invalid_text@/a\0'],
    ['a lone surrogate', { name: 'x', tags: ['ok', '\ud800'] }, 'invalid_text@/tags/1'],
    ['a day that is not', { name: 'x', day: '2026-02-30' }, 'invalid_time@/day'],
    ['a time without offset', { name: 'x', at: '2026-11-23T08:00:00' }, 'invalid_time@/at'],
    ['infinity for a time', { name: 'x', at: 'infinity' }, 'invalid_time@/at'],
    ['a leap second', { name: 'x', at: '2026-12-31T23:59:60Z' }, 'invalid_time@/at'],
    ['an id that is none', { name: 'x', ref: '17' }, 'invalid_reference@/ref'],
    ['a time zone that is none', { name: 'x', zone: 'Mars/Olympus' }, 'unknown_timezone@/zone'],
    ['too many entries', { name: 'x', tags: ['a', 'b', 'c', 'd'] }, 'too_many_items@/tags'],
    ['an entry twice', { name: 'x', tags: ['a', 'a'] }, 'duplicate_item@/tags'],
    ['a value that is none of those allowed', { name: 'x', mode: 'two' }, 'invalid_value@/mode'],
    ['a union without its tag', { name: 'x', cup: {} }, 'missing_field@/cup/size'],
    ['a union with an unknown tag', { name: 'x', cup: { size: 'huge' } }, 'invalid_value@/cup/size'],
    ['a union with a tag of the wrong type', { name: 'x', cup: { size: 1 } }, 'invalid_type@/cup/size'],
    [
      'the wrong fields for a tag',
      { name: 'x', cup: { size: 'large', ml: 5 } },
      'missing_field@/cup/litres unknown_field@/cup/ml',
    ],
  ];
  for (const [what, body, faults] of wrong)
    test(what, async () => assert.equal(told(await post(body)), `422 rule_violated ${faults}`));

  test('a number beyond all numbers', async () => {
    assert.equal(told(await raw('{"name":"x","count":1e400}')), '422 rule_violated invalid_number@/count');
  });

  test('all faults are told at once, but not without end', async () => {
    const two = await post({ count: 0 });
    assert.equal(told(two), '422 rule_violated missing_field@/name out_of_range@/count');
    assert.match(two.body.detail, /1 more/);
    const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`f${i}`, 1]));
    assert.equal((await post(many)).body.errors.length, 20);
    const broken = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`f${i}`, '\0']));
    assert.equal((await post(broken)).body.errors.length, 20);
  });

  test('a pointer does not grow with the name of the field', async () => {
    const { text } = await post({ name: 'x', [`f${'x'.repeat(200_000)}`]: 1 });
    assert.ok(text.length < 1_000, String(text.length));
  });
});

describe('what is read', () => {
  test('keeps its types, and its text in one spelling', async () => {
    const answer = await post({ name: 'Zu\u0308rich', count: 3, note: null, cup: { size: 'small', ml: 5 } });
    assert.deepEqual(answer.body['body'], {
      name: 'Zürich',
      count: 3,
      note: null,
      cup: { size: 'small', ml: 5 },
    });
  });

  test('is an empty object when nothing is sent and nothing is needed', async () => {
    const empty = { headers: { 'content-type': 'application/json' } };
    for (const nothing of [{}, empty])
      assert.deepEqual((await call(web.app, 'POST', `${base}/probe/bare`, nothing)).body, {});
    assert.equal(told(await raw('{"x":1}', {}, '/probe/bare')), '422 rule_violated unknown_field@/x');
  });
});

describe('the query', () => {
  const wrong: [string, string][] = [
    ['?limit=0', '422 rule_violated invalid_parameter@?limit'],
    ['?limit=-1', '422 rule_violated invalid_parameter@?limit'],
    ['?limit=101', '422 rule_violated invalid_parameter@?limit'],
    ['?limit=1e9', '422 rule_violated invalid_parameter@?limit'],
    ['?limit=1e1', '422 rule_violated invalid_parameter@?limit'],
    ['?limit=0x10', '422 rule_violated invalid_parameter@?limit'],
    ['?limit=%205', '422 rule_violated invalid_parameter@?limit'],
    ['?limit=5.0', '422 rule_violated invalid_parameter@?limit'],
    ['?limit=abc', '422 rule_violated invalid_parameter@?limit'],
    ['?limit=', '422 rule_violated invalid_parameter@?limit'],
    ['?limit', '422 rule_violated invalid_parameter@?limit'],
    ['?flag=yes', '422 rule_violated invalid_parameter@?flag'],
    ['?q=', '422 rule_violated invalid_parameter@?q'],
    ['?from=2026-11-23', '422 rule_violated invalid_time@?from'],
    ['?limit=1&limit=2', '400 malformed duplicate_parameter@?limit'],
    ['?limit[]=1', '422 rule_violated unknown_field@?limit[]'],
    ['?x=1', '422 rule_violated unknown_field@?x'],
    ['?__proto__=1', '422 rule_violated unknown_field@?__proto__'],
    ['?constructor=1', '422 rule_violated unknown_field@?constructor'],
    ['?q=a%00b', '422 rule_violated invalid_text@?q'],
    ['?q=%ed%a0%80', '400 malformed invalid_encoding@?'],
    ['?q=%zz', '400 malformed invalid_encoding@?'],
    ['/leaky?q=1', '422 rule_violated unknown_field@?q'],
  ];
  for (const [query, expected] of wrong)
    test(`${query} is refused`, async () => assert.equal(told(await get(query)), expected));

  test('is read by the types of its schema', async () => {
    const { body } = await get('?limit=7&flag=true&q=Zu%CC%88rich+1&from=2026-11-23T08:00:00%2B01:00');
    assert.deepEqual(body, { limit: 7, flag: true, q: 'Zürich 1', from: '2026-11-23T08:00:00+01:00' });
    assert.deepEqual((await get('?flag=false')).body, { flag: false, limit: 20 });
  });
});

describe('the path', () => {
  const known = '0192f0c1-7b1a-7c3e-9a51-0f2d6b1c8e4a';
  for (const id of [
    '1',
    known.toUpperCase(),
    `${known}x`,
    'a%00b',
    "';drop--",
    'x'.repeat(150),
    'x'.repeat(1_000),
  ])
    test(`an id like ${id.slice(0, 40)} names nothing`, async () => {
      assert.equal(told(await get(`/${id}`)), '404 not_found');
    });

  test('an id is taken as it stands', async () => {
    assert.equal((await get(`/${known}`)).body['id'], known);
  });

  test('a broken percent sequence cannot be read', async () => {
    assert.equal(told(await get('/%zz')), '400 malformed invalid_encoding@url');
    assert.equal(told(await get('/%ff')), '400 malformed invalid_encoding@url');
  });

  test('a URL has a bound', async () => {
    assert.equal(told(await get(`?q=${'x'.repeat(9_000)}`)), '414 uri_too_long');
  });
});

describe('Idempotency-Key', () => {
  const send = (key: string) =>
    call(web.app, 'POST', `${base}/probe`, { body: { name: 'x' }, headers: { 'idempotency-key': key } });
  const accepted: [string, string][] = [
    ['a', 'a'],
    ['"a b"', 'a b'],
    ['x'.repeat(255), 'x'.repeat(255)],
    ['0192f0c1-7b1a', '0192f0c1-7b1a'],
  ];
  for (const [header, key] of accepted)
    test(`${header.slice(0, 20)} is a key`, async () => assert.equal((await send(header)).body['key'], key));
  for (const header of ['', '""', 'x'.repeat(256), 'a b', 'a, b', '"a', 'a"b', 'a\u0001', 'ä'])
    test(`${JSON.stringify(header.slice(0, 20))} is none`, async () => {
      assert.equal(told(await send(header)), '400 malformed invalid_idempotency_key@Idempotency-Key');
    });
});
