import { Type, type Static } from 'typebox';
import { busy } from '../../src/engine/calendar.ts';
import { anyOf } from '../../src/engine/choice.ts';
import type { HoldLine } from '../../src/engine/index.ts';
import { linesWithIntervals } from '../../src/engine/invariant.ts';
import { keepEntries } from '../../src/engine/kept-entries.ts';
import { entryRoutes, summariesOf } from '../../src/kinds/entry.ts';
import type { AskedLine, Kind, ResolveContext } from '../../src/kinds/kind.ts';
import { at, priced, withEntries } from '../../src/kinds/line.ts';
import { iso } from '../../src/platform/clock.ts';
import { ruleViolated } from '../../src/platform/errors.ts';
import { Id, InstantText, parseInstant, strict, Whole } from '../../src/platform/schema.ts';
import * as catalogue from './catalogue.ts';

const HOUR_MS = 3_600_000;
const OTHER_TIMES = 3;
/** How many hours around the wanted time are searched for another. */
const REACH = 12;

const When = { start: InstantText, end: InstantText };
const HireLine = strict({ kind: Type.Literal('hire'), equipmentId: Id, ...When, quantity: Whole(1, 50) });
type HireLine = Static<typeof HireLine>;

const entries = keepEntries<catalogue.Equipment>({ most: 10_000, weight: () => 1 }, (db, tenant, ids) =>
  db.read(tenant, catalogue.equipmentById, ids),
);

/** Equipment by the hour: so many of a type, whichever of them are free. */
export const equipment: Kind = {
  name: 'equipment',
  lines: { hire: HireLine },
  resolve: async (context, asked) => {
    const lines = asked as readonly AskedLine<HireLine>[];
    const named = await withEntries(context, lines, { field: 'equipmentId', word: 'equipment', entries });
    return { ...named, lines: named.lines.map((each) => toHoldLine(each, context.now)) };
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
      summaries: summariesOf('a type of equipment'),
      ...catalogue.equipmentShelf,
    }),
  invariants: [
    linesWithIntervals('hire', {
      id: 'hire-line-has-its-items',
      promise: 'a line that holds equipment claims as many items as it says',
      kept: 'count(i.booking_id) = l.quantity',
    }),
  ],
};

type Asked = AskedLine<HireLine> & { entry: catalogue.Equipment };

function toHoldLine({ no, line, entry: { items, perHourMinor } }: Asked, now: number): HoldLine {
  const { kind, quantity, ...details } = line;
  const [startsAt, endsAt] = [parseInstant(line.start), parseInstant(line.end)];
  const hours = (endsAt - startsAt) / HOUR_MS;
  if (hours <= 0) throw ruleViolated(at(no, 'end'), 'empty_interval');
  if (!Number.isInteger(hours)) throw ruleViolated(at(no, 'end'), 'off_grid', 'It is hired by the hour.');
  if (startsAt < now) throw ruleViolated(at(no, 'start'), 'in_past');
  const slots = items.map((resourceId) => ({ resourceId, startsAt, endsAt }));
  const hire = { no, kind, quantity, unitMinor: hours * perHourMinor, details: { ...details, quantity } };
  return priced({ ...hire, choice: anyOf(slots, quantity) });
}

/** The nearest hours at which as many of them are free for as long. */
async function otherTimes({ db, tenant, now }: ResolveContext, refused: HoldLine): Promise<object[]> {
  const line = refused.details as Omit<HireLine, 'kind'>;
  const type = (await entries(db, tenant.id, [line.equipmentId], false)).get(line.equipmentId);
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
