import { Type, type Static } from 'typebox';
import { iso } from '../../platform/clock.ts';
import { ruleViolated } from '../../platform/errors.ts';
import { DateText, Id, InstantText, Name, strict } from '../../platform/schema.ts';
import type { Row } from '../../platform/statement.ts';
import { DAY_MS } from '../../platform/zone.ts';
import { shelf } from '../shelf.ts';
import * as sql from './term-queries.ts';

/** As long as a weekly lecture can be one booking: a year. */
const LONGEST_DAYS = 366;

const Holidays = Type.Array(DateText, {
  maxItems: LONGEST_DAYS,
  uniqueItems: true,
  description: 'Days in the term on which there are no classes',
});

export const NewTerm = strict({
  name: Name(),
  startsOn: DateText,
  endsOn: DateText,
  holidays: Type.Optional(Holidays),
});
type NewTerm = Static<typeof NewTerm>;

export const TermPatch = strict(
  {
    name: Type.Optional(Name()),
    startsOn: Type.Optional(DateText),
    endsOn: Type.Optional(DateText),
    holidays: Type.Optional(Holidays),
  },
  { minProperties: 1 },
);
type TermPatch = Static<typeof TermPatch>;

/** A period of classes, both days included. */
export const Term = strict(
  {
    id: Id,
    name: Type.String(),
    startsOn: DateText,
    endsOn: DateText,
    holidays: Type.Array(DateText),
    version: Type.Integer(),
    createdAt: InstantText,
  },
  { title: 'Term' },
);
export type Term = Static<typeof Term>;

/** What was booked for a term stays as it is, changed or removed: it only says when classes are. */
export const termShelf = shelf<Term, NewTerm, TermPatch>({
  word: 'term',
  table: 'rooms.term',
  isSold: false,
  taken: {
    constraint: 'term_name_unique',
    detail: 'There is already a term of this name. Choose another name.',
  },
  find: async (tx, id) => (await tx.run(sql.termById, id)).map(toTerm)[0],
  add: async (tx, id, asked) => tx.run(sql.insertTerm, id, ...columnsOf({ holidays: [], ...asked })),
  change: async (tx, before, patch) =>
    tx.run(sql.updateTerm, before.id, ...columnsOf({ ...before, ...patch })),
});

export function toTerm({ createdAt, ...row }: Row<typeof sql.termById.columns>): Term {
  return { ...row, createdAt: iso(createdAt) };
}

type Dates = Pick<Term, 'name' | 'startsOn' | 'endsOn' | 'holidays'>;

/** Dates of one form compare as texts. Throws `rule_violated` for a term that could not be. */
function columnsOf({ name, startsOn, endsOn, holidays }: Dates) {
  if (endsOn < startsOn)
    throw ruleViolated('/endsOn', 'empty_interval', 'A term ends on the day it starts, or later.');
  if (Date.parse(endsOn) - Date.parse(startsOn) >= LONGEST_DAYS * DAY_MS)
    throw ruleViolated('/endsOn', 'interval_too_long', `A term has at most ${LONGEST_DAYS} days.`);
  const outside = holidays.findIndex((day) => day < startsOn || endsOn < day);
  if (outside !== -1)
    throw ruleViolated(`/holidays/${outside}`, 'invalid_time', 'This day does not lie in the term.');
  return [name, startsOn, endsOn, holidays.toSorted()] as const;
}
