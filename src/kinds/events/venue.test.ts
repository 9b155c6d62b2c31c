import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BoxOffice, faults } from '../../../test/box-office.ts';

let office: BoxOffice;
before(async () => {
  office = await BoxOffice.open();
});
after(() => office.close());

const floor = { name: 'Floor', kind: 'standing', capacity: 200 };
const stalls = { name: 'Stalls', kind: 'seated', rows: [{ name: 'A', seats: 3 }] };
const drawn = {
  ...{ name: 'Circle', kind: 'seated', at: { x: 0, y: 900, turn: -30 } },
  rows: [
    {
      name: 'A',
      seats: 4,
      aisles: [2],
      accessible: [1],
      points: [
        [0, 0],
        [250, 0],
      ],
      bend: 40,
    },
    {
      name: 'B',
      seats: 2,
      points: [
        [0, 100],
        [55, 100],
      ],
    },
  ],
};
const venue = (given: object = {}) => ({ name: 'Opera', sections: [floor, stalls], ...given });

test('a venue is created with its sections, read, found and listed without its rows', async () => {
  const made = await office.post('/venues', venue({ timezone: 'Europe/Berlin' }));
  assert.equal(made.status, 201, made.text);
  const read = await office.get(`/venues/${String(made.body['id'])}`);
  assert.equal(read.headers['etag'], '"1"');
  assert.deepEqual(read.body, made.body);
  assert.partialDeepStrictEqual(read.body, {
    name: 'Opera',
    timezone: 'Europe/Berlin',
    capacity: 203,
    sections: [floor, { ...stalls, capacity: 3 }],
    archived: false,
  });
  const listed = await office.get('/venues?search=oper&fields=name,sections');
  assert.deepEqual(listed.body['data'], [
    { name: 'Opera', sections: [floor, { name: 'Stalls', kind: 'seated', capacity: 3 }] },
  ]);
});

test('a venue is read as it was drawn, to be changed and sent back, and listed without', async () => {
  const path = `/venues/${await office.venue([drawn, stalls])}`;
  const { body } = await office.get(path);
  assert.deepEqual(body['sections'], [
    { ...drawn, capacity: 6 },
    { ...stalls, capacity: 3 },
  ]);
  const sent = await office.patch(path, { sections: body['sections'] });
  assert.deepEqual([sent.status, sent.body['sections']], [200, body['sections']]);
  const listed = (await office.get('/venues?limit=100&fields=id,sections')).body['data'] as { id: string }[];
  const found = listed.find(({ id }) => id === body['id']);
  assert.deepEqual(found, {
    id: body['id'],
    sections: [
      { name: 'Circle', kind: 'seated', capacity: 6 },
      { name: 'Stalls', kind: 'seated', capacity: 3 },
    ],
  });
});

test("a venue's time zone is the company's unless told", async () => {
  const made = await office.post('/venues', venue({ name: 'Club' }));
  assert.equal(made.body['timezone'], office.tenant.timezone);
});

test('a change needs the version it was made from, and new sections replace the old ones', async () => {
  const path = `/venues/${await office.venue()}`;
  assert.equal((await office.ask('PATCH', path, { body: { name: 'New' } })).status, 428);
  const changed = await office.patch(path, { name: 'New', sections: [floor] }, '"1"');
  assert.equal(changed.status, 200, changed.text);
  assert.equal(changed.headers['etag'], '"2"');
  assert.partialDeepStrictEqual(changed.body, { name: 'New', sections: [floor], capacity: 200 });
  assert.equal((await office.patch(path, { name: 'Old' }, '"1"')).status, 412);
});

test('an event keeps the sections that its venue had when it was made', async () => {
  const venueId = await office.venue();
  const event = await office.event({ venueId });
  await office.patch(`/venues/${venueId}`, { sections: [floor] });
  assert.deepEqual(await office.available(event), { Floor: 50, Stalls: 20 });
});

test('a venue with events cannot be removed, only archived; nothing new takes place at an archived one', async () => {
  const venueId = await office.venue();
  await office.draft({ venueId });
  const refused = await office.remove(`/venues/${venueId}`);
  assert.deepEqual([refused.status, refused.body.code], [409, 'in_use']);
  assert.equal((await office.patch(`/venues/${venueId}`, { archived: true })).status, 200);
  const prices = [{ section: 'Floor', amountMinor: 1 }];
  const event = await office.post('/events', {
    ...{ name: 'Late', venueId, startsAt: '2030-01-01T00:00:00Z', prices },
  });
  assert.deepEqual([event.status, faults(event)], [422, ['/venueId archived']]);
  const shown = await office.get('/venues?archived=true&fields=id');
  assert.deepEqual(shown.body['data'], [{ id: venueId }]);
});

test('a venue at which nothing takes place can be removed', async () => {
  const path = `/venues/${await office.venue()}`;
  assert.equal((await office.remove(path)).status, 204);
  assert.equal((await office.get(path)).status, 404);
});

test('a change of where things are is refused whole when one row is wrong, and the venue stays as it was', async () => {
  const path = `/venues/${await office.venue([drawn])}`;
  const before = (await office.get(path)).text;
  const bent = { ...drawn, rows: drawn.rows.map((row) => ({ ...row, points: [[0, 0]] })) };
  const refused = await office.patch(path, { name: 'Other', sections: [drawn, { ...bent, name: 'Bent' }] });
  assert.deepEqual([refused.status, faults(refused)], [422, ['/sections/1/rows/0/points too_few_items']]);
  assert.equal((await office.get(path)).text, before);
});

test('creating a venue twice under one key makes one', async () => {
  const twice = await Promise.all(
    [1, 2].map(() => office.post('/venues', venue({ name: 'Once' }), { 'idempotency-key': 'venue-once' })),
  );
  assert.deepEqual(
    twice.map(({ status }) => status),
    [201, 201],
  );
  assert.equal(twice[0]?.text, twice[1]?.text);
});

const rows = (...names: string[]) => names.map((name) => ({ name, seats: 1 }));
const hallOf = (row: object) => ({
  sections: [floor, { ...stalls, rows: [{ name: 'A', seats: 3, ...row }] }],
});
const inRow = '/sections/1/rows/0';
const bad: readonly (readonly [string, object, string])[] = [
  ['no sections', { sections: [] }, '/sections too_few_items'],
  ['an unknown time zone', { timezone: 'Mars/Base' }, '/timezone unknown_timezone'],
  ['two sections of one name', { sections: [floor, floor] }, '/sections/1/name duplicate_item'],
  [
    'two rows of one name',
    { sections: [{ ...stalls, rows: rows('A', 'A') }] },
    '/sections/0/rows/1/name duplicate_item',
  ],
  [
    'a seated section without rows',
    { sections: [{ name: 'S', kind: 'seated', capacity: 5 }] },
    '/sections/0/rows missing_field',
  ],
  [
    'a standing section with rows',
    { sections: [{ ...floor, rows: rows('A') }] },
    '/sections/0/rows unknown_field',
  ],
  [
    'a standing section without capacity',
    { sections: [{ name: 'F', kind: 'standing' }] },
    '/sections/0/capacity missing_field',
  ],
  [
    'an unknown kind of section',
    { sections: [{ ...floor, kind: 'lying' }] },
    '/sections/0/kind invalid_value',
  ],
  [
    'a seat for those who need it behind the last',
    hallOf({ accessible: [4] }),
    `${inRow}/accessible out_of_range`,
  ],
  ['an aisle behind the last seat', hallOf({ aisles: [1, 3] }), `${inRow}/aisles out_of_range`],
  ['an aisle before the first seat', hallOf({ aisles: [0] }), `${inRow}/aisles/0 out_of_range`],
  ['an aisle named twice', hallOf({ aisles: [1, 1] }), `${inRow}/aisles duplicate_item`],
  ['an aisle between seats', hallOf({ aisles: [1.5] }), `${inRow}/aisles/0 invalid_number`],
  ['aisles that are none', hallOf({ aisles: [] }), `${inRow}/aisles too_few_items`],
  ...(
    [
      ['a seat nowhere', { points: [[0, 0], [0], [2, 0]] }, '/points/1 too_few_items'],
      ['a seat in a space of three dimensions', { points: [[0, 0, 0]] }, '/points/0 too_many_items'],
      [
        'a seat miles away',
        {
          points: [
            [0, 0],
            [100_001, 0],
          ],
        },
        '/points/1/0 out_of_range',
      ],
      [
        'a seat at an enormous place',
        {
          points: [
            [0, 0],
            [1e300, 0],
          ],
        },
        '/points/1/0 out_of_range',
      ],
      [
        'a seat at no number',
        {
          points: [
            [0, 0],
            [null, 0],
          ],
        },
        '/points/1/0 invalid_number',
      ],
      [
        'a seat at part of a centimetre',
        {
          points: [
            [0, 0],
            [0.5, 0],
          ],
        },
        '/points/1/0 invalid_number',
      ],
      ['one point for three seats', { points: [[0, 0]] }, '/points too_few_items'],
      ['a point too many', { points: [0, 1, 2, 3].map((x) => [x, 0]) }, '/points too_many_items'],
      ['two points for one seat', { seats: 1, points: [0, 1].map((x) => [x, 0]) }, '/points too_many_items'],
      ['no points', { points: [] }, '/points too_few_items'],
      [
        'two seats at one place',
        {
          points: [
            [0, 0],
            [1, 0],
            [0, 0],
          ],
        },
        '/points/2 duplicate_item',
      ],
      [
        'a row that begins where it ends',
        {
          points: [
            [5, 5],
            [5, 5],
          ],
        },
        '/points/1 duplicate_item',
      ],
      [
        'a bent row of points for all',
        { points: [0, 1, 2].map((x) => [x, 0]), bend: 9 },
        '/bend unknown_field',
      ],
      [
        'a row bent out of the world',
        {
          points: [
            [0, 0],
            [9, 0],
          ],
          bend: -100_001,
        },
        '/bend out_of_range',
      ],
      ['a bent row that is nowhere', { bend: 9 }, '/points missing_field'],
    ] as const
  ).map(([what, row, fault]) => [what, hallOf(row), inRow + fault] as const),
  [
    'a row drawn over another',
    {
      sections: [
        {
          ...stalls,
          rows: ['A', 'B'].map((name) => ({
            name,
            seats: 3,
            points: [
              [0, 0],
              [90, 0],
            ],
          })),
        },
      ],
    },
    '/sections/0/rows/1/points/0 duplicate_item',
  ],
  [
    'a row that is not drawn beside one that is',
    { sections: [{ ...stalls, rows: [{ name: 'A', seats: 1, points: [[0, 0]] }, ...rows('B')] }] },
    '/sections/0/rows/1/points missing_field',
  ],
  [
    'a place for rows that are not drawn',
    { sections: [{ ...stalls, at: { x: 0, y: 0 } }] },
    '/sections/0/rows/0/points missing_field',
  ],
  [
    'a section turned too far',
    { sections: [{ ...stalls, at: { x: 0, y: 0, turn: 361 } }] },
    '/sections/0/at/turn out_of_range',
  ],
  [
    'a section at half a place',
    { sections: [{ ...stalls, at: { x: 0 } }] },
    '/sections/0/at/y missing_field',
  ],
  [
    'a place where people stand',
    { sections: [{ ...floor, at: { x: 0, y: 0 } }] },
    '/sections/0/at unknown_field',
  ],
  ['no places', { sections: [{ ...floor, capacity: 0 }] }, '/sections/0/capacity out_of_range'],
  [
    'a capacity that its rows contradict',
    { sections: [{ ...stalls, capacity: 4 }] },
    '/sections/0/capacity invalid_value',
  ],
  [
    'more seats than a venue may have',
    {
      sections: [
        {
          ...stalls,
          rows: Array.from({ length: 101 }, (_, i) => ({ name: `Row ${i}`, seats: 1_000 })),
        },
      ],
    },
    '/sections out_of_range',
  ],
];

for (const [what, given, fault] of bad)
  test(`a venue with ${what} is refused`, async () => {
    const answer = await office.post('/venues', venue({ name: 'Bad', ...given }));
    assert.deepEqual([answer.status, answer.body.code, faults(answer)], [422, 'rule_violated', [fault]]);
    assert.deepEqual((await office.get('/venues?search=bad')).body['data'], []);
  });
