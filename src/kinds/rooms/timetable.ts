import { parse } from 'csv-parse/sync';
import { ruleViolated, type ConflictReason, type Reason } from '../../platform/errors.ts';
import { isDate } from '../../platform/schema.ts';
import { DAY_MS, MINUTE_MS, weekdayOf, type Reading } from '../../platform/zone.ts';
import { minuteOf } from './opening.ts';
import type { Term } from './term.ts';

/** A faculty's week; a whole university comes in a few files. */
const MOST_ROWS = 1_000;
const LONGEST_CELL = 200;

export const COLUMNS = ['room', 'building', 'weekday', 'date', 'start', 'end', 'title'] as const;
export type Cells = Readonly<Record<(typeof COLUMNS)[number], string>>;

/** One row of a timetable; `row` is its number in the file, the line of names being 1. */
export interface TimetableRow {
  row: number;
  cells: Cells;
}

/** Why a row is not booked. */
export interface RowFault {
  reason: Reason | ConflictReason;
  detail: string;
}

/** A row that means something: what is taught where, and the readings of the room's clock at its starts. */
export interface Lesson {
  starts: Reading[];
  lengthMs: number;
  /** Set for a row with a weekday. */
  rrule: string | undefined;
}

/** Reads the file. Throws `rule_violated` for one that is no table with the columns, or too long. */
export function readTimetable(text: string): TimetableRow[] {
  const { columns, records } = table(text);
  const missing = ['room', 'start', 'end', 'title'].filter((name) => !columns.includes(name));
  if (missing.length > 0 || !(columns.includes('weekday') || columns.includes('date')))
    throw ruleViolated(
      '',
      'missing_field',
      'The first line must name the columns: room, weekday or date, start, end, title, and building where a name is not enough.',
    );
  const unknown = columns.find((name) => !COLUMNS.some((known) => known === name));
  if (unknown !== undefined)
    throw ruleViolated('', 'unknown_field', `There is no column "${unknown.slice(0, 50)}". Take it out.`);
  if (records.length > MOST_ROWS)
    throw ruleViolated('', 'too_many_items', `A file has at most ${MOST_ROWS} rows. Split it.`);
  return records.map((record, i) => ({
    row: i + 2,
    cells: Object.fromEntries(COLUMNS.map((name) => [name, record[columns.indexOf(name)] ?? ''])) as Cells,
  }));
}

function table(text: string): { columns: string[]; records: string[][] } {
  try {
    const [columns = [], ...records] = parse(text, {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      max_record_size: COLUMNS.length * LONGEST_CELL * 2,
      to: MOST_ROWS + 2,
    });
    return { columns, records };
  } catch {
    throw ruleViolated('', 'invalid_value', 'This is no CSV: check its quotes and the length of its lines.');
  }
}

const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const TIME = /^(?:[01]?\d|2[0-3]):[0-5]\d$/;

/** What a row means by the clock on the wall. */
export function lessonOf({ cells }: TimetableRow, term: Term | undefined): Lesson | RowFault {
  const bad = Object.entries(cells).find(([, cell]) => cell.length > LONGEST_CELL || /\p{Cc}/u.test(cell));
  if (bad !== undefined)
    return fault(
      'invalid_text',
      `${bad[0]} is longer than ${LONGEST_CELL} characters or has control characters.`,
    );
  if (cells.title === '') return fault('missing_field', 'title is needed: it is what people read.');
  const { start, end } = cells;
  if (!TIME.test(start) || !(TIME.test(end) || end === '24:00'))
    return fault('invalid_time', 'start and end are times of the day such as 08:15; a day ends at 24:00.');
  const lengthMs = (minuteOf(end) - minuteOf(start)) * MINUTE_MS;
  if (lengthMs <= 0) return fault('empty_interval', 'end must be later than start, on the same day.');
  const days = daysOf(cells, term);
  if (!Array.isArray(days)) return days;
  if (days.length === 0) return fault('invalid_time', 'There is no such day in the term that is no holiday.');
  const rrule = cells.weekday === '' ? undefined : `FREQ=WEEKLY;COUNT=${days.length}`;
  return { starts: days.map((day) => day + minuteOf(start) * MINUTE_MS), lengthMs, rrule };
}

function daysOf({ weekday, date }: Cells, term: Term | undefined): Reading[] | RowFault {
  if ((weekday === '') === (date === '')) return fault('missing_field', 'Give either a weekday or a date.');
  if (date !== '')
    return isDate(date) ? [Date.parse(date)] : fault('invalid_time', 'date is a day such as 2026-11-23.');
  const wanted = WEEKDAYS.findIndex(
    (name, i) => weekday.toLowerCase().startsWith(name) || weekday === String(i + 1),
  );
  if (wanted === -1)
    return fault('invalid_value', `weekday is one of ${WEEKDAYS.join(', ')}, or 1 for Monday to 7.`);
  if (term === undefined) return fault('missing_field', 'A weekday needs a term: send ?term=.');
  const holidays = new Set(term.holidays.map((day) => Date.parse(day)));
  const days: Reading[] = [];
  for (let day = Date.parse(term.startsOn); day <= Date.parse(term.endsOn); day += DAY_MS)
    if (weekdayOf(day) === wanted && !holidays.has(day)) days.push(day);
  return days;
}

export function fault(reason: RowFault['reason'], detail: string): RowFault {
  return { reason, detail };
}
