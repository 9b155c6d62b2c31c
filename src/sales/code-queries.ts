import { list } from '../platform/list.ts';
import { statement } from '../platform/statement.ts';

const terms = {
  percent: 'int4?',
  amountMinor: 'int8?',
  validFrom: 'timestamptz?',
  validTo: 'timestamptz?',
  maxUses: 'int4?',
  maxUsesPerClient: 'int4?',
  minOrderMinor: 'int8',
  kinds: 'text[]?',
  eventIds: 'uuid[]?',
  tiers: 'text[]?',
} as const;

const columns = {
  id: 'uuid',
  code: 'text',
  ...terms,
  used: 'int8',
  archivedAt: 'timestamptz?',
  createdAt: 'timestamptz',
  version: 'int4',
} as const;

const termsOf = `d.percent, d.amount_minor as "amountMinor", d.valid_from as "validFrom", d.valid_to as "validTo",
  d.max_uses as "maxUses", d.max_uses_per_client as "maxUsesPerClient", d.min_order_minor as "minOrderMinor",
  d.kinds, d.event_ids as "eventIds", d.tiers`;

/** Uses, counted in the stock `resource`, by bookings that have not expired. Rides stock_claim_by_stock. */
const usesIn = (resource: string) => `(
    select coalesce(sum(u.units), 0) from engine.stock_claim u
    where u.tenant_id = $1 and u.resource_id = ${resource} and u.units > 0
      and (u.expires_at is null or u.expires_at > now()))`;

const select = `d.id, d.code, ${termsOf}, ${usesIn('d.id')} as used,
  d.archived_at as "archivedAt", d.created_at as "createdAt", d.version`;

/** $2 whether the archived ones. Rides discount_code_unique or discount_code_by_age. */
export const codeList = list('sales.codeList', {
  filters: ['bool'],
  columns,
  select,
  from: `sales.discount_code d where d.tenant_id = $1 and (d.archived_at is not null) = $2`,
  id: 'd.id',
  sorts: {
    code: { by: 'd.code', type: 'text' },
    createdAt: { by: 'd.created_at', type: 'timestamptz' },
  },
  defaultSort: '-createdAt',
});

/** Codes as holds need them, without their uses: those are the stock's to say. Rides discount_code_pkey. */
export const codesForSale = statement('sales.codesForSale', {
  params: ['uuid', 'uuid[]'],
  columns: { id: 'uuid', code: 'text', ...terms, archivedAt: 'timestamptz?', version: 'int4' },
  text: `select d.id, d.code, ${termsOf}, d.archived_at as "archivedAt", d.version
    from sales.discount_code d where d.tenant_id = $1 and d.id = any ($2::uuid[])`,
});

/** Rides discount_code_pkey. */
export const codesById = statement('sales.codesById', {
  params: ['uuid', 'uuid[]'],
  columns,
  text: `select ${select} from sales.discount_code d where d.tenant_id = $1 and d.id = any ($2::uuid[])`,
});

/** Of a code, or of one client's limit of it: the stock $2. */
export const usesOf = statement('sales.usesOf', {
  params: ['uuid', 'uuid'],
  columns: { used: 'int8' },
  text: `select ${usesIn('$2')} as used`,
});

export const lockCode = statement('sales.lockCode', {
  params: ['uuid', 'uuid'],
  columns: { id: 'uuid' },
  text: `select d.id from sales.discount_code d where d.tenant_id = $1 and d.id = $2 for no key update of d`,
});

const written = [
  ...(['int4', 'int8', 'timestamptz', 'timestamptz', 'int4', 'int4', 'int8'] as const),
  ...(['text[]', 'uuid[]', 'text[]'] as const),
] as const;

/** Answers nothing when the code is there already. */
export const insertCode = statement('sales.insertCode', {
  params: ['uuid', 'uuid', 'text', ...written],
  columns: { id: 'uuid' },
  text: `insert into sales.discount_code as d (tenant_id, id, code, percent, amount_minor, valid_from, valid_to, max_uses,
      max_uses_per_client, min_order_minor, kinds, event_ids, tiers, created_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, now())
    on conflict (tenant_id, id) do nothing returning d.id`,
});

/** A code that is there again goes on from the version of the one that is gone, which somebody may remember. */
export const succeedCode = statement('sales.succeedCode', {
  params: ['uuid', 'uuid'],
  columns: {},
  text: `update sales.discount_code d set version = g.version + 1
    from engine.guard g where d.tenant_id = $1 and d.id = $2 and g.tenant_id = $1 and g.guard_id = $2`,
});

export const updateCode = statement('sales.updateCode', {
  params: ['uuid', 'uuid', 'bool', ...written],
  columns: {},
  text: `update sales.discount_code d set archived_at = case when $3 then coalesce(d.archived_at, now()) end,
      percent = $4, amount_minor = $5, valid_from = $6, valid_to = $7, max_uses = $8, max_uses_per_client = $9,
      min_order_minor = $10, kinds = $11, event_ids = $12, tiers = $13, version = d.version + 1
    where d.tenant_id = $1 and d.id = $2`,
});

export const deleteCode = statement('sales.deleteCode', {
  params: ['uuid', 'uuid'],
  columns: {},
  text: `delete from sales.discount_code d where d.tenant_id = $1 and d.id = $2`,
});
