import { Type, type Static } from 'typebox';
import { busy } from '../../src/engine/calendar.ts';
import { keepEntries } from '../../src/engine/kept-entries.ts';
import type { HoldLine } from '../../src/engine/index.ts';
import { linesWithIntervals } from '../../src/engine/invariant.ts';
import { entryRoutes } from '../../src/kinds/entry.ts';
import type { AskedLine, Kind, ResolveContext } from '../../src/kinds/kind.ts';
import { at, guardsOf, noSuch, priced } from '../../src/kinds/line.ts';
import { iso } from '../../src/platform/clock.ts';
import { ruleViolated } from '../../src/platform/errors.ts';
import { Id, InstantText, parseInstant, strict, Whole } from '../../src/platform/schema.ts';
import * as catalogue from './catalogue.ts';

const HOUR_MS = 3_600_000;
const OTHER_TIMES = 3;
/** How many hours around the wanted time are searched for another. */
const REACH = 12;

const HireLine = strict({
  kind: Type.Literal('hire'),
  equipmentId: Id,
  start: InstantText,
  end: InstantText,
  quantity: Whole(1, 50),
});
type HireLine = Static<typeof HireLine>;

const equipmentForHire = keepEntries<catalogue.Equipment>(
  { most: 10_000, weight: () => 1 },
  (db, tenant, ids) => db.read(tenant, catalogue.equipmentById, ids),
);

/** Equipment by the hour: so many of a type, whichever of them are free. */
export const equipment: Kind = {
  name: 'equipment',
  lines: { hire: HireLine },
  resolve: async ({ db, tenant, now, fresh }, asked) => {
    const lines = asked as readonly AskedLine<HireLine>[];
    const ids = lines.map(({ line }) => line.equipmentId);
    const types = await equipmentForHire(db, tenant.id, ids, fresh);
    return {
      lines: lines.map((each) => toHoldLine(each, types.get(each.line.equipmentId), now)),
      guards: guardsOf(types),
    };
  },
  alternatives: otherTimes,
  routes: (app, { db }) =>
    entryRoutes(app, db, {
      path: '/equipment',
      name: 'Equipment',
      tags: ['Equipment'],
      entry: catalogue.Equipment,
      made: catalogue.NewEquipment,
      patch: catalogue.EquipmentPatch,
      summaries: {
        create: 'Add a type of equipment',
        read: 'Read a type of equipment',
        update: 'Change a type of equipment',
        remove: 'Remove what no booking needs',
      },
      create: catalogue.createEquipment,
      read: catalogue.readEquipment,
      update: catalogue.updateEquipment,
      remove: catalogue.deleteEquipment,
    }),
  invariants: [
    linesWithIntervals('hire', {
      id: 'hire-line-has-its-items',
      promise: 'a line that holds equipment claims as many items as it says',
      kept: 'count(i.booking_id) = l.quantity',
    }),
  ],
};

/** Which of the items it becomes is chosen under the lock, so that nobody is refused what another one would do for. */
function toHoldLine(
  { no, line }: AskedLine<HireLine>,
  type: catalogue.Equipment | undefined,
  now: number,
): HoldLine {
  if (type === undefined) throw noSuch('equipment', at(no, 'equipmentId'));
  if (type.archived) throw ruleViolated(at(no, 'equipmentId'), 'archived');
  const { kind, quantity, ...details } = line;
  const [startsAt, endsAt] = [parseInstant(line.start), parseInstant(line.end)];
  const hours = (endsAt - startsAt) / HOUR_MS;
  if (hours <= 0) throw ruleViolated(at(no, 'end'), 'empty_interval');
  if (!Number.isInteger(hours)) throw ruleViolated(at(no, 'end'), 'off_grid', 'It is hired by the hour.');
  if (startsAt < now) throw ruleViolated(at(no, 'start'), 'in_past');
  const slots = type.items.map((resourceId) => ({ resourceId, startsAt, endsAt }));
  return priced({
    ...{ no, kind, quantity, unitMinor: hours * type.perHourMinor },
    details: { ...details, quantity },
    choice: {
      from: { intervals: slots, units: [] },
      pick: ({ isFree }) => {
        const intervals = slots.filter(isFree).slice(0, quantity);
        return intervals.length < quantity ? null : { intervals, units: [], details: {} };
      },
    },
  });
}

/** The nearest hours at which as many of them are free for as long. */
async function otherTimes({ db, tenant, now }: ResolveContext, refused: HoldLine): Promise<object[]> {
  const line = refused.details as Omit<HireLine, 'kind'>;
  const type = (await equipmentForHire(db, tenant.id, [line.equipmentId], false)).get(line.equipmentId);
  const [start, end] = [parseInstant(line.start), parseInstant(line.end)];
  const window = { startsAt: start - REACH * HOUR_MS, endsAt: end + REACH * HOUR_MS };
  const taken = await Promise.all((type?.items ?? []).map((item) => busy(db, tenant.id, item, window)));
  const isFree = (shift: number) => (of: (typeof taken)[number]) =>
    of.every(({ startsAt, endsAt }) => endsAt <= start + shift || startsAt >= end + shift);
  return Array.from({ length: REACH }, (_, i) => [(i + 1) * HOUR_MS, -(i + 1) * HOUR_MS])
    .flat()
    .filter((shift) => start + shift >= now && taken.filter(isFree(shift)).length >= line.quantity)
    .slice(0, OTHER_TIMES)
    .map((shift) => ({ kind: 'hire', ...line, start: iso(start + shift), end: iso(end + shift) }));
}
