import { bookingReport } from '../src/engine/booking-report.ts';
import { idsMadeBetween } from '../src/engine/made-between.ts';
import { salesBySection, salesByTier, salesCurve } from '../src/kinds/events/sales-queries.ts';
import { activity, usageByRoom } from '../src/kinds/rooms/report-queries.ts';
import { besideStatement, run, window, type Look } from './beside-statement.ts';
import { DAY } from './fill.ts';
import type { Grown } from './growth-stage.ts';
import { rounded } from './measure.ts';
import type { Bench } from './result.ts';

const GOAL_MS = 500;
const GOAL_AGAIN_MS = 5;
/** A report takes a hundred times as long as a look: a few calls say as much. */
const CALLS = { quick: 5, full: 7 };

/** Reports of staff over HTTP, each beside its bare statement: the slowest of them against the half second that it may take. */
export const report: Bench = async (options) => {
  const calls = options.quick ? CALLS.quick : CALLS.full;
  const looksOf = (stage: Grown) => [booked(stage), bookedRooms(stage), used(stage), sold(stage)];
  const { looks, ...result } = await besideStatement(
    { bench: 'report', looksOf, calls, again: true },
    options,
  );
  return {
    ...result,
    ratio: rounded(Math.max(...looks.map(({ own }) => own.p95)) / GOAL_MS),
    unit: 'of 500 ms (p95), the slowest report',
    goal: 1,
    again: rounded(Math.max(...looks.map(({ again }) => again?.p95 ?? NaN)) / GOAL_AGAIN_MS),
    againUnit: 'of 5 ms (p95), the slowest report asked again',
    looks,
  };
};

/** The quarter until tomorrow: the filling made a booking each second until yesterday. */
function quarter(): [from: number, to: number] {
  const tomorrow = Math.floor(Date.now() / DAY) * DAY + DAY;
  return [tomorrow - 92 * DAY, tomorrow];
}

function booked({ base, db, tenant }: Grown): Look {
  const [startsAt, endsAt] = quarter();
  const { from, before } = idsMadeBetween(startsAt, endsAt);
  return {
    name: 'what all kinds booked in a quarter, by the day',
    path: `${base}/reports/bookings?${window(startsAt, endsAt)}`,
    bare: () => run(db, tenant, bookingReport, [startsAt, endsAt, 'day', 'UTC', from, before]),
  };
}

function bookedRooms({ base, db, tenant }: Grown): Look {
  const [startsAt, endsAt] = quarter();
  const { from, before } = idsMadeBetween(startsAt, endsAt);
  const asked = [null, null, null, null, startsAt, endsAt, 'day', 'UTC', from, before];
  return {
    name: 'what became of the bookings of 1 000 rooms in a quarter, by the day',
    path: `${base}/rooms/reports/bookings?${window(startsAt, endsAt)}`,
    bare: () => run(db, tenant, activity, asked),
  };
}

function used({ base, db, tenant }: Grown): Look {
  const [startsAt, endsAt] = quarter();
  return {
    name: 'how much of a quarter 1 000 rooms were used',
    path: `${base}/rooms/reports/rooms?${window(startsAt, endsAt)}`,
    bare: () => run(db, tenant, usageByRoom, [null, null, null, null, startsAt, endsAt]),
  };
}

function sold({ base, db, tenant, halls: [event = ''] }: Grown): Look {
  return {
    name: 'the sales of an event of 20 000 seats',
    path: `${base}/events/${event}/sales`,
    bare: () =>
      db.look(tenant, (tx) =>
        Promise.all([
          tx.run(salesBySection, event),
          tx.run(salesByTier, event),
          tx.run(salesCurve, event, 'day'),
        ]),
      ),
  };
}
