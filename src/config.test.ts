import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, describeConfig, readConfig } from './config.ts';

test('an empty environment means the documented defaults', () => {
  const config = readConfig({});
  assert.equal(config.port, 3000);
  assert.equal(config.dataDir, './data');
  assert.equal(config.databaseUrl, undefined);
  assert.equal(config.namedStatements, true);
});

test('an empty variable counts as unset', () => {
  assert.equal(readConfig({ PORT: '', DATABASE_URL: '' }).port, 3000);
});

test('every wrong variable is named at once', () => {
  const env = { PORT: '70000', RATE_LIMIT: 'no', DATABASE_POOL_SIZE: '1e3', LOG_LEVEL: 'loud' };
  assert.throws(
    () => readConfig(env),
    (error) => error instanceof ConfigError && Object.keys(env).every((name) => error.message.includes(name)),
  );
});

test('a wrong database URL is refused without repeating its password', () => {
  for (const url of ['mysql://a:secret@host/x', 'postgres://:secret@host/x', 'secret'])
    assert.throws(
      () => readConfig({ DATABASE_URL: url }),
      (error) => error instanceof ConfigError && !error.message.includes('secret'),
    );
});

test('a replica or a direct URL is refused without the database that it is of', () => {
  const other = 'postgres://a:secret@other/x';
  for (const name of ['DATABASE_REPLICA_URL', 'DATABASE_DIRECT_URL']) {
    assert.throws(
      () => readConfig({ [name]: other }),
      (error) => error instanceof ConfigError && error.message.includes(`${name} needs DATABASE_URL`),
    );
    assert.ok(readConfig({ [name]: other, DATABASE_URL: 'postgres://a:secret@host/x' }));
  }
});

test('the switch that takes a guard out is refused outside tests', () => {
  assert.throws(() => readConfig({ HOLDFAST_TEST_UNSAFE: 'no-guard' }), ConfigError);
  assert.equal(readConfig({ HOLDFAST_TEST_UNSAFE: 'no-guard', NODE_ENV: 'test' }).testUnsafe, 'no-guard');
});

test('the switch that kills the server is refused outside tests and takes only a point that there is', () => {
  assert.throws(() => readConfig({ HOLDFAST_TEST_FAULT: 'sent:kill:3' }), ConfigError);
  const read = (text: string) => readConfig({ HOLDFAST_TEST_FAULT: text, NODE_ENV: 'test' }).testFault;
  assert.deepEqual(read('sent:kill:3'), { point: 'sent', nth: 3 });
  for (const wrong of ['sent', 'lunch:kill:1', 'sent:kill:0', 'sent:wait:1'])
    assert.throws(() => read(wrong), ConfigError);
});

test('help lists every variable that is read', () => {
  const read = new Set<string>();
  readConfig(new Proxy({}, { get: (_, name) => void read.add(String(name)) }));
  read.delete('NODE_ENV');
  assert.deepEqual(new Set(describeConfig().map(({ name }) => name)), read);
});
