import { Type, type Static } from 'typebox';
import { recordChange } from '../../engine/change.ts';
import { iso } from '../../platform/clock.ts';
import type { Transaction } from '../../platform/db.ts';
import { notFound, Problem, ruleViolated } from '../../platform/errors.ts';
import { DatabaseFault } from '../../platform/fault.ts';
import { uuidV7, type Uuid } from '../../platform/id.ts';
import { DateText, Id, InstantText, Name, strict } from '../../platform/schema.ts';
import type { Row } from '../../platform/statement.ts';
import { DAY_MS } from '../../platform/zone.ts';
import type { CheckVersion } from '../entry.ts';
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

export async function createTerm(tx: Transaction, actor: string, asked: NewTerm): Promise<Term> {
  const { name, startsOn, endsOn, holidays } = sound({ holidays: [], ...asked });
  const id = uuidV7();
  const rows = await orNameTaken(tx.run(sql.insertTerm, id, name, startsOn, endsOn, holidays));
  await recordChange(tx, { type: 'term.created', resourceIds: [id], actor });
  return only(rows);
}

export async function readTerm(tx: Transaction, id: Uuid): Promise<Term> {
  return only(await tx.run(sql.termById, id));
}

/** What was booked for it before stays as it is. */
export async function updateTerm(
  tx: Transaction,
  actor: string,
  id: Uuid,
  patch: TermPatch,
  check: CheckVersion,
): Promise<Term> {
  const before = only(await tx.run(sql.lockTerm, id));
  check(before.version);
  const { name, startsOn, endsOn, holidays } = sound({ ...before, ...patch });
  const rows = await orNameTaken(tx.run(sql.updateTerm, id, name, startsOn, endsOn, holidays));
  await recordChange(tx, { type: 'term.updated', resourceIds: [id], actor, payload: patch });
  return only(rows);
}

/** Bookings made for it stay: a term only says when classes are. */
export async function deleteTerm(
  tx: Transaction,
  actor: string,
  id: Uuid,
  check: CheckVersion,
): Promise<void> {
  check(only(await tx.run(sql.lockTerm, id)).version);
  await tx.run(sql.deleteTerm, id);
  await recordChange(tx, { type: 'term.deleted', resourceIds: [id], actor });
}

export function toTerm({ createdAt, ...row }: Row<typeof sql.termById.columns>): Term {
  return { ...row, createdAt: iso(createdAt) };
}

function only(rows: readonly Row<typeof sql.termById.columns>[]): Term {
  const [row] = rows;
  if (row === undefined) throw notFound('term');
  return toTerm(row);
}

type Dates = Pick<Term, 'name' | 'startsOn' | 'endsOn' | 'holidays'>;

/** Dates of one form compare as texts. Throws `rule_violated` for a term that could not be. */
function sound(term: Dates): Dates {
  const { startsOn, endsOn, holidays } = term;
  if (endsOn < startsOn)
    throw ruleViolated('/endsOn', 'empty_interval', 'A term ends on the day it starts, or later.');
  if (Date.parse(endsOn) - Date.parse(startsOn) >= LONGEST_DAYS * DAY_MS)
    throw ruleViolated('/endsOn', 'interval_too_long', `A term has at most ${LONGEST_DAYS} days.`);
  const outside = holidays.findIndex((day) => day < startsOn || endsOn < day);
  if (outside !== -1)
    throw ruleViolated(`/holidays/${outside}`, 'invalid_time', 'This day does not lie in the term.');
  return { ...term, holidays: holidays.toSorted() };
}

async function orNameTaken<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof DatabaseFault && error.constraint === 'term_name_unique')
      throw new Problem('already_exists', 'There is already a term of this name. Choose another name.');
    throw error;
  }
}
