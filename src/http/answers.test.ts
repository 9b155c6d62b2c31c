import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { call, testApp, type TestApp } from '../../test/app.ts';
import { freshDatabase, silentLog } from '../../test/database.ts';
import { probe } from '../../test/probe.ts';
import { openEngine } from '../engine/index.ts';
import { kinds } from '../kinds/index.ts';
import { openDatabase } from '../platform/db.ts';
import { catalogue } from '../platform/errors.ts';
import type { Log } from '../platform/log.ts';
import { asOwner } from '../platform/migrate.ts';
import { buildApp } from './app.ts';

let web: TestApp;
let base: string;
before(async () => {
  web = await testApp({ more: [probe] });
  ({ base } = await web.tenantWith());
});
after(() => web.close());

const get = (path: string, headers: Record<string, string> = {}) => call(web.app, 'GET', path, { headers });

describe('a problem', () => {
  test('has the fields of RFC 9457 and ours, and leads to its description', async () => {
    const { status, headers, body } = await get(`${base}/probe?x=1`);
    assert.equal(headers['content-type'], 'application/problem+json; charset=utf-8');
    assert.equal(headers['cache-control'], 'no-store');
    assert.deepEqual(body, {
      type: '/api/errors#rule_violated',
      title: catalogue.rule_violated.title,
      status,
      detail: '?x: This is not known here.',
      code: 'rule_violated',
      errors: [{ pointer: '?x', reason: 'unknown_field', detail: 'This is not known here.' }],
      requestId: headers['x-request-id'],
    });
    const described = await get(body['type']);
    assert.equal(described.status, 200);
    assert.match(described.text, /^### rule_violated$/m);
  });

  test('of ours says nothing of its cause, but for its id', async () => {
    for (const path of ['/probe/defect', '/probe/database?kind=other', '/probe/database?kind=check']) {
      const { status, text, body, headers } = await get(base + path);
      assert.equal(status, 500);
      assert.equal(body.code, 'internal');
      assert.equal(body['requestId'], headers['x-request-id']);
      assert.doesNotMatch(text, /secret|select|pg_|\.ts|Error/);
    }
  });

  test('of the database is a 503 that says when to come again', async () => {
    for (const [kind, seconds] of Object.entries({ busy: '1', lost: '2', full: '30' })) {
      const { status, headers, text } = await get(`${base}/probe/database?kind=${kind}`);
      assert.equal(status, 503);
      assert.equal(headers['retry-after'], seconds);
      assert.doesNotMatch(text, /secret|select/);
    }
  });

  test('answers a handler that takes too long', async () => {
    const { status, headers } = await get(`${base}/probe/endless`);
    assert.equal(status, 503);
    assert.equal(headers['retry-after'], '1');
  });
});

describe('a URL that is nowhere', () => {
  test('is not found, with a key or without', async () => {
    for (const path of ['/nowhere', '/api/v1', '/api/v1/', `${base}/nowhere`, `${base}/`, '/api/v2/x/rooms'])
      assert.equal((await get(path)).body.code, 'not_found', path);
  });

  test('but has other methods, names them', async () => {
    const asked: [string, string, string][] = [
      ['PUT', `${base}/rooms`, 'GET, HEAD, POST'],
      ['OPTIONS', `${base}/rooms`, 'GET, HEAD, POST'],
      ['POST', `${base}/rooms/1`, 'DELETE, GET, HEAD, PATCH'],
      ['PROPFIND', '/health/live', 'GET, HEAD'],
      ['DELETE', '/api/docs/static/logo.svg', 'GET, HEAD'],
    ];
    for (const [method, path, allow] of asked) {
      const { status, headers, body } = await call(web.app, method, path);
      assert.deepEqual([status, body.code, headers['allow']], [405, 'method_not_allowed', allow], path);
    }
  });
});

describe('every answer', () => {
  test('carries a request id: the caller’s when it is a plain word, else one of ours', async () => {
    assert.equal(
      (await get('/health/live', { 'x-request-id': 'order-17.a_B' })).headers['x-request-id'],
      'order-17.a_B',
    );
    for (const odd of ['', 'x'.repeat(65), 'a b', 'a\u0001', '"quoted"', 'é'])
      assert.match(
        String((await get('/health/live', { 'x-request-id': odd })).headers['x-request-id']),
        /^[0-9a-f-]{36}$/,
      );
  });

  test('tells browsers not to guess, frame, refer or run anything', async () => {
    for (const path of ['/health/live', `${base}/rooms`, '/nowhere', `${base}/probe?x=1`]) {
      const { headers } = await get(path);
      assert.equal(headers['x-content-type-options'], 'nosniff', path);
      assert.equal(headers['x-frame-options'], 'DENY', path);
      assert.equal(headers['referrer-policy'], 'no-referrer', path);
      assert.equal(headers['content-security-policy'], "default-src 'none';frame-ancestors 'none'", path);
      assert.equal(headers['x-powered-by'], undefined, path);
    }
  });

  test('of a tenant is not kept by caches', async () => {
    assert.equal((await get(`${base}/rooms`)).headers['cache-control'], 'no-store');
  });

  test('has only the fields of its schema', async () => {
    assert.deepEqual((await get(`${base}/probe/leaky`)).body, { shown: 'yes' });
  });

  test('of 1 KB or more is compressed the way the caller takes it', async () => {
    const unpack = { zstd: zstdDecompressSync, br: brotliDecompressSync, gzip: gunzipSync };
    for (const [encoding, decompress] of Object.entries(unpack)) {
      const answer = await web.app.inject({
        url: `${base}/probe/long`,
        headers: { 'accept-encoding': encoding },
      });
      assert.equal(answer.headers['content-encoding'], encoding);
      assert.equal(JSON.parse(decompress(answer.rawPayload).toString()).text, 'holdfast '.repeat(1_000));
      assert.match(String(answer.headers['vary']), /accept-encoding/i);
    }
    assert.equal((await get(`${base}/probe/long`)).headers['content-encoding'], undefined);
    const short = await get('/health/live', { 'accept-encoding': 'br' });
    assert.equal(short.headers['content-encoding'], undefined);
  });
});

describe('the API document', () => {
  interface Operation {
    operationId: string;
    summary: string;
    tags: string[];
    responses: Record<string, unknown>;
    security?: object[];
    requestBody?: { required: boolean };
  }
  interface Document {
    openapi: string;
    paths: Record<string, Record<string, Operation>>;
    components: { schemas: object; responses: object; securitySchemes: object };
  }
  let document: Document;
  before(async () => {
    document = (await web.app.inject('/api/openapi.json')).json();
  });
  const operations = () => Object.values(document.paths).flatMap((path) => Object.values(path));

  test('describes every operation, under a name of its own', () => {
    assert.equal(document.openapi, '3.1.0');
    const names = operations().map((operation) => operation.operationId);
    assert.equal(new Set(names).size, names.length);
    for (const { operationId, summary, tags, responses } of operations()) {
      assert.ok(operationId && summary && tags.length > 0, operationId);
      assert.deepEqual(Object.keys(responses).slice(-2), ['4XX', '5XX'], operationId);
    }
  });

  test('says where a key is needed and which body may be left out', () => {
    const of = (name: string) => operations().find((operation) => operation.operationId === name);
    assert.deepEqual(of('listRooms')?.security, [{}, { apiKey: [] }]);
    assert.deepEqual(of('createHold')?.security, [{ apiKey: [] }]);
    assert.equal(of('live')?.security, undefined);
    assert.equal(of('createHold')?.requestBody?.required, true);
    assert.equal(of('confirmBooking')?.requestBody?.required, false);
  });

  test('refers only to what it holds', () => {
    const text = JSON.stringify(document);
    for (const [, group = '', name = ''] of text.matchAll(/"#\/components\/(\w+)\/(\w+)"/g)) {
      const held = document.components[group as keyof Document['components']];
      assert.ok(Object.hasOwn(held, name), `${group}/${name}`);
    }
    assert.match(text, /"#\/components\/schemas\/Room"/);
  });

  test('has a page that runs its own scripts only and loads nothing from elsewhere', async () => {
    const page = await get('/api/docs');
    assert.equal(page.status, 200);
    assert.match(String(page.headers['content-security-policy']), /default-src 'none'; script-src 'self';/);
    assert.doesNotMatch(page.text, /https?:\/\/|<script>/);
    for (const [, file = ''] of page.text.matchAll(/(?:src|href)="([^"]+)"/g))
      assert.equal((await get(file)).status, 200, file);
    assert.equal((await get('/')).headers['location'], '/api/docs');
  });
});

describe('health', () => {
  test('is live and ready', async () => {
    assert.deepEqual((await get('/health/live')).body, { status: 'ok' });
    assert.deepEqual((await get('/health/ready')).body, { status: 'ok' });
  });

  test('without a database is live, not ready, and turns everybody else away, saying when to come again', async () => {
    const url = 'postgres://nobody@127.0.0.1:1/nothing';
    const db = openDatabase({ url, size: 1, named: true, log: silentLog });
    const warned: string[] = [];
    const warn = (_: unknown, text?: string) => warned.push(String(text));
    const log = Object.assign(Object.create(silentLog), { warn }) as Log;
    const engine = openEngine({ db, log, width: 1, guarded: true });
    const app = await buildApp({ db, engine, kinds, log });
    try {
      assert.equal((await call(app, 'GET', '/health/live')).status, 200);
      for (const path of ['/health/ready', '/api/v1/demo/bookings']) {
        const { status, headers, body } = await call(app, 'GET', path);
        assert.deepEqual([status, body.code], [503, 'unavailable'], path);
        assert.ok(Number(headers['retry-after']) >= 1);
      }
      assert.ok(warned.includes('not ready: the database cannot be reached'));
    } finally {
      await app.close();
      await db.close();
    }
  });

  test('is not ready while a migration is missing', async () => {
    const { db, ownerUrl, close } = await freshDatabase();
    const engine = openEngine({ db, log: silentLog, width: 1, guarded: true });
    const app = await buildApp({ db, engine, kinds, log: silentLog });
    try {
      await asOwner(ownerUrl, (client) =>
        client.query(
          'delete from platform.migration where name = (select max(name) from platform.migration)',
        ),
      );
      const { status, body } = await call(app, 'GET', '/health/ready');
      assert.equal(status, 503);
      assert.match(body.detail, /holdfast migrate/);
    } finally {
      await app.close();
      await close();
    }
  });
});
