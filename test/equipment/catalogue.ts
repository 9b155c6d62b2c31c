import { Type, type Static } from 'typebox';
import { closeCalendar, openCalendar } from '../../src/engine/calendar.ts';
import { shelf } from '../../src/kinds/shelf.ts';
import { uuidV7 } from '../../src/platform/id.ts';
import { Id, Name, strict, Whole } from '../../src/platform/schema.ts';
import { statement } from '../../src/platform/statement.ts';

const changeable = { name: Name(), perHourMinor: Whole(0, 1_000_000_000) };
export const NewEquipment = strict({ ...changeable, count: Whole(1, 50) });
export const EquipmentPatch = Type.Partial(strict({ ...changeable, archived: Type.Boolean() }));
export const Equipment = strict(
  { ...changeable, id: Id, items: Type.Array(Id), archived: Type.Boolean(), version: Type.Integer() },
  { title: 'Equipment' },
);
export type Equipment = Static<typeof Equipment>;

/** Rides the primary key. */
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

const insert = statement('equipment.insert', {
  params: ['uuid', 'uuid', 'text', 'uuid[]', 'int8'],
  columns: {},
  text: `insert into equipment.type as t (tenant_id, id, name, items, per_hour_minor) values ($1, $2, $3, $4, $5)`,
});

const update = statement('equipment.update', {
  params: ['uuid', 'uuid', 'text', 'int8', 'bool'],
  columns: {},
  text: `update equipment.type t set name = $3, per_hour_minor = $4, archived = $5, version = t.version + 1
    where t.tenant_id = $1 and t.id = $2`,
});

export const equipmentShelf = shelf<Equipment, Static<typeof NewEquipment>, Static<typeof EquipmentPatch>>({
  word: 'equipment',
  table: 'equipment.type',
  find: async (tx, id) => (await tx.run(equipmentById, [id]))[0],
  add: async (tx, id, { name, count, perHourMinor }) => {
    const items = Array.from({ length: count }, () => uuidV7());
    await tx.run(insert, id, name, items, perHourMinor);
    await openCalendar(tx, ...items);
  },
  change: (tx, before, patch) => {
    const { id, name, perHourMinor, archived } = { ...before, ...patch };
    return tx.run(update, id, name, perHourMinor, archived);
  },
  close: (tx, { items }) => closeCalendar(tx, ...items),
});
