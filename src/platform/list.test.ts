import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { freshDatabase, type FreshDatabase } from '../../test/database.ts';
import { writeCursor } from './cursor.ts';
import { Problem } from './errors.ts';
import { uuidV7, type Uuid } from './id.ts';
import { answerList, list, type ListQuery } from './list.ts';
import { asOwner } from './migrate.ts';

const buildings = list('test.buildings', {
  filters: ['text'],
  columns: { id: 'uuid', name: 'text', createdAt: 'timestamptz' },
  select: 'b.id, b.name, b.created_at as "createdAt"',
  from: 'rooms.building b where b.tenant_id = $1 and ($2::text is null or b.name >= $2)',
  id: 'b.id',
  sorts: {
    name: { by: 'b.name', type: 'text' },
    createdAt: { by: 'b.created_at', type: 'timestamptz' },
  },
  defaultSort: 'name',
});

let database: FreshDatabase;
const tenant: Uuid = uuidV7();
const other: Uuid = uuidV7();

before(async () => {
  database = await freshDatabase();
  // Moments a microsecond apart, and three alike: finer than a cursor in milliseconds could tell.
  await asOwner(database.ownerUrl, async (client) => {
    await client.query(
      `insert into people.tenant (tenant_id, slug, name, timezone, currency, created_at)
       values ($1, 'lists', 'Lists', 'UTC', 'EUR', now()), ($2, 'others', 'Others', 'UTC', 'EUR', now())`,
      [tenant, other],
    );
    await client.query(
      `insert into rooms.building (tenant_id, id, name, created_at)
       select $1, ('00000000-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid, 'Building ' || lpad(i::text, 2, '0'),
              '2026-01-01T00:00:00Z'::timestamptz + (i / 3) * interval '1 microsecond'
       from generate_series(1, 25) i`,
      [tenant],
    );
  });
});
after(() => database.close());

function ask(query: Partial<ListQuery>, from: string | null = null) {
  return answerList(database.db, tenant, buildings, { limit: 7, ...query }, [from], (row) => ({
    id: row.id,
    name: row.name,
  }));
}

async function walk(query: Partial<ListQuery>): Promise<string[]> {
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const { data, pagination } = await ask({ ...query, cursor });
    seen.push(...data.map((entry) => String(entry.id).slice(-2)));
    assert.equal(pagination.hasNext, pagination.nextCursor !== null);
    assert.equal(pagination.hasPrev, cursor !== undefined);
    cursor = pagination.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return seen;
}

async function refusal(query: Partial<ListQuery>): Promise<string> {
  const error = await ask(query).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Problem, `no refusal of ${JSON.stringify(query)}`);
  return `${error.code} ${error.details.errors?.[0]?.reason}`;
}

const upwards = Array.from({ length: 25 }, (_, i) => String(i + 1).padStart(2, '0'));

test('cursors lead through every entry once, in each sort and direction, ties and microseconds included', async () => {
  assert.deepEqual(await walk({}), upwards);
  assert.deepEqual(await walk({ sort: '-name' }), upwards.toReversed());
  assert.deepEqual(await walk({ sort: 'createdAt' }), upwards);
  assert.deepEqual(await walk({ sort: '-createdAt', limit: 4 }), upwards.toReversed());
  assert.deepEqual(await walk({ limit: 25 }), upwards);
});

test('a cursor remembers its sort', async () => {
  const { pagination } = await ask({ sort: '-name' });
  const next = await ask({ cursor: pagination.nextCursor ?? '' });
  assert.equal(next.data[0]?.name, 'Building 18');
});

test('pages by number come with totals', async () => {
  const { data, pagination } = await ask({ page: 4 });
  assert.deepEqual(
    data.map((entry) => entry.name),
    ['Building 22', 'Building 23', 'Building 24', 'Building 25'],
  );
  assert.deepEqual(pagination, {
    limit: 7,
    nextCursor: null,
    page: 4,
    total: 25,
    totalPages: 4,
    hasNext: false,
    hasPrev: true,
  });
  const beyond = await ask({ page: 9 });
  assert.deepEqual([beyond.data.length, beyond.pagination.total, beyond.pagination.hasNext], [0, 25, false]);
});

test('filters hold for rows and totals alike', async () => {
  const { data, pagination } = await ask({ page: 1 }, 'Building 20');
  assert.equal(data.length, 6);
  assert.equal(pagination.total, 6);
});

test('entries are cut to the fields asked for', async () => {
  assert.deepEqual((await ask({ fields: 'name', limit: 1 })).data, [{ name: 'Building 01' }]);
});

test('a cursor that this list did not write for this tenant is refused', async () => {
  const genuine = (await ask({})).pagination.nextCursor ?? '';
  const at = { sort: 'name', value: 'Building 07', id: uuidV7() };
  const forged = {
    garbage: 'garbage',
    'nothing at all': '',
    'one letter changed': genuine.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
    'cut short': genuine.slice(0, -4),
    padded: `${genuine}==`,
    'too long': 'A'.repeat(5_000),
    "another list's": writeCursor('other.list', tenant, at),
    "another tenant's": writeCursor(buildings.name, other, at),
    'of no sort here': writeCursor(buildings.name, tenant, { ...at, sort: 'constructor' }),
    'with a value that is no time': writeCursor(buildings.name, tenant, {
      ...at,
      sort: 'createdAt',
      value: 'x',
    }),
    'with a NUL': writeCursor(buildings.name, tenant, { ...at, value: 'a\0b' }),
    'with no id': writeCursor(buildings.name, tenant, { ...at, id: '1' }),
  };
  for (const [what, cursor] of Object.entries(forged))
    assert.equal(await refusal({ cursor }), 'malformed invalid_cursor', what);
  assert.equal(await refusal({ cursor: genuine, sort: '-name' }), 'malformed invalid_cursor');
});

test('page and cursor together are refused', async () => {
  const cursor = (await ask({})).pagination.nextCursor ?? '';
  assert.equal(await refusal({ cursor, page: 2 }), 'rule_violated invalid_parameter');
});

test('a page behind a cursor rides the index of its sort and reads no more than it shows', async () => {
  const explained = await asOwner(database.ownerUrl, async (client) => {
    await client.query(`insert into rooms.building (tenant_id, id, name, created_at)
      select t.tenant_id, gen_random_uuid(), 'Other ' || i, now() from people.tenant t, generate_series(1, 3000) i`);
    await client.query('analyze rooms.building; set role holdfast_app; begin');
    await client.query('select engine.set_tenant($1)', [tenant]);
    const text = buildings.bySort.get('name')?.after.text ?? '';
    const values = [tenant, null, 8, 'Building 07', '00000000-0000-7000-8000-000000000007'];
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain (costs off) ${text}`, values);
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  });
  assert.match(explained, /Index Scan using building_name_unique[^]*Index Cond: .*name.*>/, explained);
});
