import { recordChanges } from '../../engine/change.ts';
import { raiseGuard } from '../../engine/guard.ts';
import { iso } from '../../platform/clock.ts';
import type { Transaction } from '../../platform/db.ts';
import { ruleViolated } from '../../platform/errors.ts';
import { uuidV7 } from '../../platform/id.ts';
import { addEvent, openVenue, type OpenVenue } from './event.ts';
import { datesOf, type SeriesDate } from './series-dates.ts';
import type { NewSeries, Series } from './series-schema.ts';

/** Numbered seats of all dates together: the rows of each section are copied for each date. */
const MOST_SEATS_OF_SERIES = 1_000_000;

/** Makes a draft for each date, all or none. Each is an event like any other, with places of its own. */
export async function createSeries(tx: Transaction, actor: string, asked: NewSeries): Promise<Series> {
  const { dates, first, rrule, dst, ...ofEveryDate } = asked;
  const venue = await openVenue(tx, asked.venueId);
  const all = datesOf({ dates, first, rrule, dst }, venue.timezone);
  requireFew(venue, all.length);
  const seriesId = uuidV7();
  const events = await Promise.all(
    all.map(async (date) => {
      const when = written(date);
      return { id: await addEvent(tx, venue, { ...ofEveryDate, ...when }, seriesId), ...when };
    }),
  );
  await Promise.all(events.map(({ id }) => raiseGuard(tx, id, 1)));
  await recordChanges(
    tx,
    events.map(({ id }) => ({ type: 'event.created', resourceIds: [id], actor, payload: { seriesId } })),
  );
  return { seriesId, events };
}

function requireFew({ sections }: OpenVenue, dates: number): void {
  const seats = sections
    .filter(({ kind }) => kind === 'seated')
    .reduce((sum, { capacity }) => sum + capacity, 0);
  const most = Math.floor(MOST_SEATS_OF_SERIES / seats);
  if (dates > most)
    throw ruleViolated(
      '/dates',
      'too_many_items',
      `With ${seats} numbered seats a series has at most ${most} dates. Make the others another series.`,
    );
}

function written({ startsAt, endsAt }: SeriesDate) {
  return { startsAt: iso(startsAt), endsAt: endsAt === null ? null : iso(endsAt) };
}
