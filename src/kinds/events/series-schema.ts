import { Type, type Static } from 'typebox';
import { Id, InstantText, nullable, strict } from '../../platform/schema.ts';
import { MOST_OCCURRENCES } from '../recurrence.ts';
import { NewEvent } from './schema.ts';

const LONGEST_RULE = 500;

const { startsAt: _, endsAt: __, ...ofEveryDate } = NewEvent.properties;
const When = strict({ startsAt: InstantText, endsAt: Type.Optional(nullable(InstantText)) });

/** An event on many dates: either they are named, or the first of them and a rule. */
export const NewSeries = strict({
  ...ofEveryDate,
  dates: Type.Optional(Type.Array(When, { minItems: 1, maxItems: MOST_OCCURRENCES })),
  first: Type.Optional(When),
  rrule: Type.Optional(
    Type.String({
      maxLength: LONGEST_RULE,
      description: 'RFC 5545, on the clock of the venue, from the first date on',
      examples: ['FREQ=WEEKLY;COUNT=15'],
    }),
  ),
  dst: Type.Optional(
    Type.Unsafe<'earlier' | 'later' | 'skip'>({
      type: 'string',
      enum: ['earlier', 'later', 'skip'],
      description: 'What becomes of a date whose local time the clocks leave out or show twice',
    }),
  ),
});
export type NewSeries = Static<typeof NewSeries>;

export const Series = strict(
  {
    seriesId: Id,
    events: Type.Array(strict({ id: Id, startsAt: InstantText, endsAt: nullable(InstantText) }), {
      description: 'One for each date, a draft as yet',
    }),
  },
  { title: 'EventSeries' },
);
export type Series = Static<typeof Series>;
