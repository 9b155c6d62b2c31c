import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { call, testApp, type TestApp } from '../../test/app.ts';
import { openGuesses } from './guesses.ts';

/** What a code that there is gets to hear of a room, which costs nothing. */
const KNOWN = 'code_not_applicable';
let now = Date.UTC(2030, 0, 1);
let made: TestApp;
let base: string;
let keys: string[];
let line: object;
before(async () => {
  made = await testApp({ guesses: openGuesses(() => now) });
  ({ base, keys } = await made.tenantWith('owner', 'client', 'client', 'client'));
  const room = await post('/rooms', { name: 'R', building: 'B', capacity: 4 });
  line = {
    kind: 'room',
    roomId: room.body['id'],
    start: '2030-05-01T10:00:00Z',
    end: '2030-05-01T11:00:00Z',
  };
  await post('/discount-codes', { code: 'RIGHT', percent: 10 });
});
after(() => made.close());

const post = (path: string, body: object, key = keys[0]) =>
  call(made.app, 'POST', `${base}${path}`, { key, body });
const validate = (code: string, key?: string, more: object = {}) =>
  post('/discount-codes/validate', { code, lines: [line], ...more }, key);
const tries = (count: number, work: (n: number) => ReturnType<typeof post>) =>
  Promise.all(Array.from({ length: count }, (_, n) => work(n)));
const refused = (answers: readonly { body: { code: string } }[]) =>
  answers.filter(({ body }) => body.code === 'too_many_guesses').length;

test('of codes that do not exist a client may try twenty a minute, however and however many at once', async () => {
  const [, one = '', two = ''] = keys;
  const validated = await tries(15, (n) => validate(`WRONG${n}`, one));
  assert.ok(validated.every(({ body }) => body['reason'] === 'code_unknown'));
  const bodies = (n: number) => ({ lines: [line], discountCode: `OTHER${n}` });
  const others = [...(await tries(15, (n) => post('/holds', bodies(n), one)))];
  assert.equal(refused(others), 10);
  const late = await post('/holds/preview', { lines: [line], discountCode: 'RIGHT' }, one);
  assert.deepEqual(
    [late.status, late.headers['retry-after']],
    [429, '60'],
    'nor is a right one told from others',
  );
  assert.equal(
    (await post('/holds/preview', { lines: [line] }, one)).status,
    200,
    'without a code all is well',
  );
  assert.equal((await validate('RIGHT', two)).body['reason'], KNOWN, 'another client is not bounded by it');
  now += 59_000;
  assert.deepEqual((await validate('RIGHT', one)).headers['retry-after'], '1');
  now += 1_000;
  assert.equal((await validate('RIGHT', one)).body['reason'], KNOWN);
});

test('right codes do not count', async () => {
  const answers = await tries(15, () => validate('RIGHT', keys[3]));
  answers.push(...(await tries(15, () => validate('RIGHT', keys[3]))));
  assert.ok(answers.every(({ body }) => body['reason'] === KNOWN));
});

test('a shop may try for many, and not many for one of them', async () => {
  const person = (n: number) => ({ firstName: 'A', lastName: 'B', email: `guest-${n}@example.org` });
  for (let i = 0; i < 20; i++) await validate(`NO${i}`, undefined, { client: person(1) });
  assert.equal((await validate('RIGHT', undefined, { client: person(1) })).status, 429);
  assert.equal((await validate('RIGHT', undefined, { client: person(2) })).status, 200);
  for (let i = 0; i < 280; i += 20)
    await tries(20, (n) => validate(`NO${i} ${n}`, undefined, { client: person(i + n + 3) }));
  assert.equal((await validate('RIGHT', undefined, { client: person(2) })).status, 429);
});
