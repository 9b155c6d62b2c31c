import { list } from '../../platform/list.ts';
import { statement } from '../../platform/statement.ts';

const termColumns = {
  id: 'uuid',
  name: 'text',
  startsOn: 'date',
  endsOn: 'date',
  holidays: 'date[]',
  version: 'int4',
  createdAt: 'timestamptz',
} as const;

const termSelect = `t.id, t.name, t.starts_on as "startsOn", t.ends_on as "endsOn", t.holidays, t.version,
  t.created_at as "createdAt"`;

/** Terms that are not over by $2. Rides term_by_start. */
export const termList = list('rooms.termList', {
  filters: ['date'],
  columns: termColumns,
  select: termSelect,
  from: `rooms.term t where t.tenant_id = $1 and ($2::date is null or t.ends_on >= $2)`,
  id: 't.id',
  sorts: { startsOn: { by: 't.starts_on', type: 'date' } },
  defaultSort: '-startsOn',
});

export const termById = statement('rooms.termById', {
  params: ['uuid', 'uuid'],
  columns: termColumns,
  text: `select ${termSelect} from rooms.term t where t.tenant_id = $1 and t.id = $2`,
});

export const insertTerm = statement('rooms.insertTerm', {
  params: ['uuid', 'uuid', 'text', 'date', 'date', 'date[]'],
  columns: {},
  text: `insert into rooms.term as t (tenant_id, id, name, starts_on, ends_on, holidays, created_at)
    values ($1, $2, $3, $4, $5, $6, now())`,
});

export const updateTerm = statement('rooms.updateTerm', {
  params: ['uuid', 'uuid', 'text', 'date', 'date', 'date[]'],
  columns: {},
  text: `update rooms.term t set name = $3, starts_on = $4, ends_on = $5, holidays = $6, version = t.version + 1
    where t.tenant_id = $1 and t.id = $2`,
});
