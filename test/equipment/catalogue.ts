import { Type, type Static } from 'typebox';
import { closeCalendar, openCalendar } from '../../src/engine/calendar.ts';
import { announce, withdraw, type CheckVersion } from '../../src/kinds/entry.ts';
import type { Transaction } from '../../src/platform/db.ts';
import { notFound, Problem } from '../../src/platform/errors.ts';
import { uuidV7, type Uuid } from '../../src/platform/id.ts';
import { AmountMinor, Id, Name, strict, Whole } from '../../src/platform/schema.ts';
import { statement } from '../../src/platform/statement.ts';

const changeable = { name: Name(), perHourMinor: Whole(0, 1_000_000_000) };
export const NewEquipment = strict({ ...changeable, count: Whole(1, 50) });
export const EquipmentPatch = Type.Partial(strict({ ...changeable, archived: Type.Boolean() }));
export const Equipment = strict(
  {
    ...{ id: Id, name: Type.String(), items: Type.Array(Id), perHourMinor: AmountMinor },
    ...{ archived: Type.Boolean(), version: Type.Integer() },
  },
  { title: 'Equipment' },
);
export type Equipment = Static<typeof Equipment>;

const insert = statement('equipment.insert', {
  params: ['uuid', 'uuid', 'text', 'uuid[]', 'int8'],
  columns: {},
  text: `insert into equipment.type as t (tenant_id, id, name, items, per_hour_minor) values ($1, $2, $3, $4, $5)`,
});

/** Rides the primary key, as all of them. */
export const equipmentById = statement('equipment.byId', {
  params: ['uuid', 'uuid[]'],
  columns: {
    id: 'uuid',
    name: 'text',
    items: 'uuid[]',
    perHourMinor: 'int8',
    archived: 'bool',
    version: 'int4',
  },
  text: `select t.id, t.name, t.items, t.per_hour_minor as "perHourMinor", t.archived, t.version
    from equipment.type t where t.tenant_id = $1 and t.id = any ($2::uuid[])`,
});

/** Locks the row and moves its version on; the fields are as they were where nothing is told. */
const write = statement('equipment.update', {
  params: ['uuid', 'uuid', 'text', 'int8', 'bool'],
  columns: { version: 'int4' },
  text: `update equipment.type t set name = coalesce($3, t.name), per_hour_minor = coalesce($4, t.per_hour_minor),
      archived = coalesce($5, t.archived), version = t.version + 1
    where t.tenant_id = $1 and t.id = $2 returning t.version`,
});

const erase = statement('equipment.delete', {
  params: ['uuid', 'uuid'],
  columns: {},
  text: `delete from equipment.type t where t.tenant_id = $1 and t.id = $2`,
});

export async function readEquipment(tx: Transaction, id: Uuid): Promise<Equipment> {
  const [row] = await tx.run(equipmentById, [id]);
  if (row === undefined) throw notFound('equipment');
  return row;
}

export async function createEquipment(tx: Transaction, actor: string, asked: Static<typeof NewEquipment>) {
  const [id, items] = [uuidV7(), Array.from({ length: asked.count }, () => uuidV7())];
  await tx.run(insert, id, asked.name, items, asked.perHourMinor);
  for (const item of items) await openCalendar(tx, item);
  await announce(tx, { type: 'equipment.created', id, version: 1, actor });
  return readEquipment(tx, id);
}

/** Checked against the version before: a refusal takes the writing back. */
export async function updateEquipment(
  tx: Transaction,
  actor: string,
  id: Uuid,
  patch: Static<typeof EquipmentPatch>,
  check: CheckVersion,
): Promise<Equipment> {
  const [row] = await tx.run(
    write,
    id,
    patch.name ?? null,
    patch.perHourMinor ?? null,
    patch.archived ?? null,
  );
  if (row === undefined) throw notFound('equipment');
  check(row.version - 1);
  await announce(tx, { type: 'equipment.updated', id, version: row.version, actor, payload: patch });
  return readEquipment(tx, id);
}

export async function deleteEquipment(tx: Transaction, actor: string, id: Uuid, check: CheckVersion) {
  const { items, version } = await readEquipment(tx, id);
  check(version);
  for (const item of items)
    if (!(await closeCalendar(tx, item)))
      throw new Problem('in_use', 'Bookings need it. Archive it instead.');
  await tx.run(erase, id);
  await withdraw(tx, { type: 'equipment.deleted', id, actor });
}
