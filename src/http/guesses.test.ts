import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { call, testApp, type TestApp } from '../../test/app.ts';
import { openGuesses } from '../people/guesses.ts';

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

test('nor may access codes be guessed by looking at events, and right ones are not told from wrong ones', async () => {
  const { base: own, keys: all } = await made.tenantWith('admin', 'client');
  const [admin = '', person = ''] = all;
  const add = (path: string, body: object) => call(made.app, 'POST', `${own}${path}`, { key: admin, body });
  const sections = [{ name: 'Floor', kind: 'standing', capacity: 5 }];
  const { body: venue } = await add('/venues', { name: 'V', sections });
  const { body: event } = await add('/events', {
    ...{ name: 'E', venueId: venue['id'], startsAt: '2030-05-01T10:00:00Z' },
    prices: [{ section: 'Floor', amountMinor: 2 }],
    tiers: [{ name: 'Members', amountMinor: 1, hidden: true, accessCodes: ['RIGHT'] }],
  });
  await add(`/events/${String(event['id'])}/publish`, {});
  const look = (key: string | undefined, code?: string, of = '') => {
    const query = code === undefined ? '' : `?accessCode=${code}`;
    return call(made.app, 'GET', `${own}/events/${String(event['id'])}${of}${query}`, {
      ...(key !== undefined && { key }),
    });
  };
  assert.ok((await look(person, 'right')).text.includes('Members'));
  const wrong = await tries(25, (n) => look(person, `WRONG${n}`, n % 2 === 0 ? '' : '/inventory'));
  assert.equal(refused(wrong), 5);
  assert.ok(wrong.every(({ text }) => !text.includes('Members')));
  const late = [await look(person, 'RIGHT'), await look(person, 'RIGHT', '/inventory')];
  assert.equal(refused(late), 2);
  assert.equal((await look(person)).status, 200, 'without a code all is well');
  assert.ok((await look(undefined, 'RIGHT')).text.includes('Members'), 'who has no key is another');
  const seeing = await tries(320, (n) => look(admin, `WRONG${n}`));
  assert.equal(refused(seeing), 0, 'who sees everything guesses nothing');
  now += 60_000;
  assert.ok((await look(person, 'RIGHT')).text.includes('Members'));
});
