import type { IntervalNeed } from '../../engine/claim.ts';
import { reasons, ruleViolated, type Fault } from '../../platform/errors.ts';
import { LAST_INSTANT, parseInstant } from '../../platform/schema.ts';
import { MINUTE_MS } from '../../platform/zone.ts';
import {
  RefusedLine,
  type AskedLine,
  type ResolveContext,
  type Resolved,
  type ResolvedLine,
} from '../kind.ts';
import { at, priced, withEntries } from '../line.ts';
import { approvalOf } from './approval.ts';
import { roomsForSale, zoneOf, type RoomForSale } from './catalogue.ts';
import { quotaUnits } from './quota.ts';
import { refusals, type Asked } from './rules.ts';
import type { RoomLine } from './schema.ts';
import { nameOf, occurrencesIn, type Occurrence, type Single } from './series.ts';

/** A line and whatever stands against it. */
interface Judged {
  line: ResolvedLine;
  faults: Fault[];
}

/**
 * A room line needs its stretch of the room's calendar, and of what one person may have; one that recurs becomes a line
 * for each occurrence. Rooms have no price yet.
 */
export async function resolveRoomLines(
  context: ResolveContext,
  asked: readonly AskedLine<RoomLine>[],
): Promise<Resolved> {
  requireFewSeries(asked);
  const named = await withEntries(context, asked, { field: 'roomId', word: 'room', entries: roomsForSale });
  const judged = named.lines.map(({ entry: room, ...each }) => {
    const lines = occurrencesIn(each, zoneOf(room, context.tenant)).map((one) => judge(context, room, one));
    return lines.every(({ faults }) => faults.length > 0) ? lines.map(needed) : lines;
  });
  if (context.isPreview !== true) requireAllowed(judged);
  return {
    lines: judged
      .flat()
      .map(({ line, faults }) => (faults.length === 0 ? line : { ...line, skipped: faults.map(told) })),
    guards: named.guards,
  };
}

/** The slowest rule takes up to 70 ms, in which nobody else is served. */
const MOST_SERIES = 10;

function requireFewSeries(asked: readonly AskedLine<RoomLine>[]): void {
  if (asked.filter(({ line }) => line.rrule !== undefined).length > MOST_SERIES)
    throw ruleViolated(
      '/lines',
      'too_many_items',
      `A request has at most ${MOST_SERIES} lines with an rrule.`,
    );
}

/** An occurrence with the rules that it breaks, each named with its date where there are others. */
function judge(
  context: ResolveContext,
  room: RoomForSale,
  { isOptional, fault, ...one }: Occurrence,
): Judged {
  const { line, faults } = resolveLine(context, room, one);
  const { series } = one.line;
  const name = series === undefined ? '' : nameOf(series);
  return {
    line: { ...line, ...(isOptional && { isOptional }) },
    faults: fault ? [fault] : faults.map((each) => ({ ...each, detail: `${name}${each.detail}` })),
  };
}

/** The line with what it needs, and the rules of its room that stand against it. */
function resolveLine(
  { tenant, client, role, now }: Pick<ResolveContext, 'tenant' | 'client' | 'role' | 'now'>,
  room: RoomForSale,
  { no, line }: AskedLine<Single>,
): Judged {
  const asked = askedOf(line);
  const timezone = zoneOf(room, tenant);
  const { kind, ...details } = line;
  return {
    line: {
      ...priced({ no, kind, details, quantity: 1, unitMinor: 0 }),
      intervals: [withBuffers(room, asked)],
      units: quotaUnits(room, timezone, client, asked),
      ...approvalOf(room, role),
    },
    faults: refusals({ room, timezone, asked, role, now }).map(({ field, ...fault }) => ({
      pointer: at(no, field),
      ...fault,
    })),
  };
}

export function askedOf({ start, end, attendees, equipment }: Omit<Single, 'kind'>): Asked {
  return { startsAt: parseInstant(start), endsAt: parseInstant(end), attendees, equipment };
}

/** What a booking takes of the calendar: its time and the time before and after it that nobody else may have. */
export function withBuffers({ id, rules }: RoomForSale, { startsAt, endsAt }: Asked): IntervalNeed {
  const { bufferBeforeMinutes = 0, bufferAfterMinutes = 0 } = rules;
  return {
    resourceId: id,
    startsAt: startsAt - bufferBeforeMinutes * MINUTE_MS,
    endsAt: Math.min(endsAt + bufferAfterMinutes * MINUTE_MS, LAST_INSTANT),
  };
}

/** As many as a refusal tells of: one line breaks few rules, but a long series many times the same. */
const MOST_FAULTS = 20;

/** Nothing would be left of a line of which every occurrence breaks a rule: then none may be left out. */
function needed({ line: { isOptional: _, ...line }, faults }: Judged): Judged {
  return { line, faults };
}

/** Throws `rule_violated` with every rule that is broken by a line that may not be left out. */
function requireAllowed(asked: readonly (readonly Judged[])[]): void {
  const refused = asked.flat().filter(({ line, faults }) => faults.length > 0 && line.isOptional !== true);
  const [first] = refused;
  if (first !== undefined)
    throw new RefusedLine(first.line, refused.flatMap(({ faults }) => faults).slice(0, MOST_FAULTS));
}

function told({ reason, detail = reasons[reason] }: Fault): { reason: string; detail: string } {
  return { reason, detail };
}
