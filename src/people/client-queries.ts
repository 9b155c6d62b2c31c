import { list } from '../platform/list.ts';
import { statement } from '../platform/statement.ts';

const clientColumns = {
  id: 'uuid',
  firstName: 'text',
  lastName: 'text',
  email: 'text',
  phone: 'text?',
  tags: 'text[]',
  archivedAt: 'timestamptz?',
  createdAt: 'timestamptz',
  version: 'int4',
} as const;

const clientSelect = `c.id, c.first_name as "firstName", c.last_name as "lastName", c.email, c.phone, c.tags,
  c.archived_at as "archivedAt", c.created_at as "createdAt", c.version`;

const sorts = {
  lastName: { by: 'c.last_key', type: 'text' },
  createdAt: { by: 'c.created_at', type: 'timestamptz' },
} as const;

/** $2 whether the archived ones, $3 a tag, null when not asked for. Rides client_by_last_name or client_by_age. */
export const clientList = list('people.clientList', {
  filters: ['bool', 'text'],
  columns: clientColumns,
  select: clientSelect,
  from: `people.client c where c.tenant_id = $1 and (c.archived_at is not null) = $2
    and ($3::text is null or $3 = any (c.tags))`,
  id: 'c.id',
  sorts,
  defaultSort: 'lastName',
});

/** Clients whose `column` begins with the text: from it on, up to before it with the last of all characters behind it. */
const begins = (column: string, text: string) => `select s.id from people.client s
      where s.tenant_id = $1 and s.${column} >= ${text} and s.${column} < ${text} || chr(1114111)`;

/** Names of more words than that are found by their beginning. */
const MOST_SPLITS = 5;

/** Those of whom one name is what stands before a space of the text, and the other begins with what stands behind it. */
const wholeNames = (text: string) => `select f.id from (
      select left(${text}, n) as head, substr(${text}, n + 2) as tail from generate_series(1, length(${text}) - 2) n
      where substr(${text}, n + 1, 1) = ' ' order by n limit ${MOST_SPLITS}) w
    cross join lateral (
      select a.id from people.client a
      where a.tenant_id = $1 and a.first_key = w.head and a.last_key >= w.tail and a.last_key < w.tail || chr(1114111)
      union all
      select a.id from people.client a
      where a.tenant_id = $1 and a.last_key = w.head and a.first_key >= w.tail and a.first_key < w.tail || chr(1114111)) f`;

/**
 * Ids of the clients whose e-mail, last, first or whole name, in either order, begins with the parameter `text` (in lower case).
 * Each is a stretch of an index of its own (client_email_unique, client_by_last_name, client_by_first_name): comparisons are
 * leakproof, LIKE and position() are not.
 */
export function clientsNamed(text: string): string {
  const parts = ['email_key', 'last_key', 'first_key'].map((column) => begins(column, text));
  return [...parts, wholeNames(text)].join(' union ');
}

/** The same, of those who are named like $4. */
export const clientSearch = list('people.clientSearch', {
  filters: ['bool', 'text', 'text'],
  columns: clientColumns,
  select: clientSelect,
  from: `people.client c where c.tenant_id = $1 and (c.archived_at is not null) = $2
    and ($3::text is null or $3 = any (c.tags))
    and c.id in (${clientsNamed('$4')})`,
  id: 'c.id',
  sorts,
  defaultSort: 'lastName',
});

/** Rides client_pkey. */
export const clientById = statement('people.clientById', {
  params: ['uuid', 'uuid'],
  columns: clientColumns,
  text: `select ${clientSelect} from people.client c where c.tenant_id = $1 and c.id = $2`,
});

/** Rides client_email_unique. */
export const clientByEmail = statement('people.clientByEmail', {
  params: ['uuid', 'text'],
  columns: clientColumns,
  text: `select ${clientSelect} from people.client c where c.tenant_id = $1 and c.email_key = $2`,
});

export const lockClient = statement('people.lockClient', {
  params: ['uuid', 'uuid'],
  columns: { id: 'uuid' },
  text: `select c.id from people.client c where c.tenant_id = $1 and c.id = $2 for no key update of c`,
});

/** Answers nothing when the e-mail is somebody's already. */
export const insertClient = statement('people.insertClient', {
  params: [
    ...(['uuid', 'uuid', 'text', 'text', 'text', 'text', 'text[]'] as const),
    ...(['text', 'text', 'text', 'text'] as const),
  ],
  columns: { id: 'uuid' },
  text: `insert into people.client as c
      (tenant_id, id, first_name, last_name, email, phone, tags, email_key, first_key, last_key, created_by, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, now())
    on conflict (tenant_id, email_key) do nothing returning c.id`,
});

export const updateClient = statement('people.updateClient', {
  params: [
    ...(['uuid', 'uuid', 'text', 'text', 'text', 'text', 'text[]'] as const),
    ...(['text', 'text', 'text', 'bool'] as const),
  ],
  columns: {},
  text: `update people.client c set first_name = $3, last_name = $4, email = $5, phone = $6, tags = $7, email_key = $8,
      first_key = $9, last_key = $10, archived_at = case when $11 then coalesce(c.archived_at, now()) end,
      version = c.version + 1
    where c.tenant_id = $1 and c.id = $2`,
});

export const deleteClient = statement('people.deleteClient', {
  params: ['uuid', 'uuid'],
  columns: {},
  text: `delete from people.client c where c.tenant_id = $1 and c.id = $2`,
});
