import type { Instant } from '../../platform/clock.ts';
import { ruleViolated, type Fault } from '../../platform/errors.ts';
import { parseInstant } from '../../platform/schema.ts';
import { readingAt, type Reading } from '../../platform/zone.ts';
import type { AskedLine } from '../kind.ts';
import type { SeriesMark } from '../series.ts';
import { occurrencesOf } from '../recurrence.ts';
import type { RoomLine } from './schema.ts';
import { localText, meaningOf, parseLocal, withOffset } from '../../platform/wall-time.ts';

/** What a line remembers of its series: enough to move it by the clock, whatever becomes of the room's zone. */
export interface Series extends SeriesMark {
  occurrences: number;
  rrule: string;
  timezone: string;
  dst?: RoomLine['dst'];
  /** What the clock shows at its start and end by the rule, also of an occurrence that was moved alone. */
  localStart: string;
  localEnd: string;
  /** Set on an occurrence that was changed alone. */
  exception?: true;
}

/** One stretch of one room: a line that was asked for alone, or an occurrence of one that recurs. */
export type Single = Omit<RoomLine, 'rrule' | 'dst' | 'onConflict'> & { series?: Series };

export interface Occurrence extends AskedLine<Single> {
  /** Left out, and not refused, when it does not fit. */
  isOptional: boolean;
  /** Set when the clocks are changed over its time and nobody said what to do then. */
  fault: Fault | undefined;
}

/** The occurrences that a line asks for, by the clock of the room; a line without a rule is the only one. */
export function occurrencesIn(
  { no, line }: AskedLine<RoomLine & { series?: Series }>,
  timezone: string,
): Occurrence[] {
  const { rrule, dst, onConflict, ...single } = line;
  if (rrule === undefined) {
    if (dst !== undefined || onConflict !== undefined)
      throw ruleViolated(`/lines/${no - 1}/rrule`, 'missing_field', 'dst and onConflict need an rrule.');
    return [{ no, line: single, isOptional: false, fault: undefined }];
  }
  const start = readingAt(timezone, parseInstant(line.start));
  const end = readingAt(timezone, parseInstant(line.end));
  if (end <= start) throw ruleViolated(`/lines/${no - 1}/end`, 'empty_interval');
  const pointer = { rrule: `/lines/${no - 1}/rrule`, start: `/lines/${no - 1}/start` };
  const starts = occurrencesOf(rrule, start, timezone, pointer);
  return starts.map((reading, i): Occurrence => {
    const series: Series = {
      id: no,
      occurrence: i + 1,
      occurrences: starts.length,
      rrule,
      timezone,
      ...(dst !== undefined && { dst }),
      localStart: localText(reading),
      localEnd: localText(reading + end - start),
    };
    // The first is as it was asked for: a moment with its offset leaves nothing open.
    const times = i === 0 ? { start: line.start, end: line.end } : timesOf(no, series);
    const { fault, ...bounds } = { fault: undefined, ...times };
    const isOptional = onConflict === 'skip' || (fault !== undefined && dst === 'skip');
    return { no, line: { ...single, ...bounds, series }, isOptional, fault };
  });
}

/** When an occurrence takes place by its rule, on the clock of its own zone. */
export function timesOf(
  no: number,
  series: Series,
): { start: string; end: string; fault: Fault | undefined } {
  const [from, to] = [parseLocal(series.localStart), parseLocal(series.localEnd)];
  const start = momentOf(series, from, `/lines/${no - 1}/start`);
  const end = momentOf(series, to, `/lines/${no - 1}/end`);
  // Of 02:30 to 03:30 in a gap nothing would be left when 02:30 becomes 03:30.
  const endsAt = end.at > start.at ? end.at : start.at + (to - from);
  return {
    start: withOffset(series.timezone, start.at),
    end: withOffset(series.timezone, endsAt),
    fault: start.fault ?? end.fault,
  };
}

/** What an occurrence's refusal says before the reason. */
export function nameOf({ occurrence, occurrences, localStart }: Series): string {
  return `Occurrence ${occurrence} of ${occurrences}, on ${localStart.slice(0, 10)}: `;
}

function momentOf(series: Series, reading: Reading, pointer: string): { at: Instant; fault?: Fault } {
  const meaning = meaningOf(series.timezone, reading);
  if ('at' in meaning) return meaning;
  const { reason, earlier, later } = meaning;
  if (series.dst === 'earlier') return { at: earlier };
  if (series.dst === 'later') return { at: later };
  const what = reason === 'ambiguous_local_time' ? 'twice' : 'not at all';
  const detail = `${nameOf(series)}the clocks of ${series.timezone} show ${localText(reading).slice(11, 16)} ${what} on that day. Say with dst what is to be done.`;
  return { at: later, fault: { pointer, reason, detail } };
}
