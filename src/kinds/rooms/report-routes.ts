import type { FastifyInstance } from 'fastify';
import { Type, type Static, type TObject, type TProperties } from 'typebox';
import { keptReport, reportAnswer, reportIn, reportQuery } from '../../people/report.ts';
import type { App } from '../../people/route.ts';
import type { Reads } from '../../platform/replica.ts';
import { Id, nullable, strict } from '../../platform/schema.ts';
import { Window, windowOf } from '../../platform/window.ts';
import { bookingActivity, useByBuilding, useByHour, useByRoom, type Asked } from './reports.ts';
import { RoomFilters } from './schema.ts';

/** A quarter of 1 000 busy rooms is a quarter of a million bookings: what is read in under half a second. */
const LONGEST_REPORT_DAYS = 92;

const ReportQuery = strict({ ...RoomFilters, ...Window, ...reportQuery });

const Share = nullable(Type.Number({ description: 'Of the open time; null where there is none' }));
const Use = { keptMinutes: Type.Integer(), openMinutes: Type.Integer(), utilisation: Share };
const RoomUse = {
  roomId: Id,
  name: Type.String(),
  building: Type.String(),
  bookings: Type.Integer(),
  ...Use,
};
const BuildingUse = { building: Type.String(), rooms: Type.Integer(), bookings: Type.Integer(), ...Use };
const HourUse = {
  weekday: Type.Integer({ description: '1 is Monday' }),
  hour: Type.Integer({ description: 'By the clock of each room' }),
  ...Use,
};
const Activity = {
  period: Type.String({ format: 'date', description: 'Its first day' }),
  bookings: Type.Integer({ description: 'Lines for rooms; one occurrence is one line' }),
  standing: Type.Integer(),
  cancelled: Type.Integer(),
  declined: Type.Integer(),
  noShows: Type.Integer(),
  checkedIn: Type.Integer(),
  bookedMinutes: Type.Integer({ description: 'Of those that stand' }),
  meanLeadHours: nullable(Type.Number({ description: 'From booking to start, of those that stand' })),
  medianLeadHours: nullable(Type.Number()),
};

/** A report: its rows, and the question that answers them. */
interface Report<Row extends TProperties, Query extends TProperties> {
  path: string;
  operationId: string;
  summary: string;
  description?: string;
  query: Query;
  row: Row;
  ask(asked: Asked, query: Static<TObject<Query>>): Promise<Static<TObject<Row>>[]>;
}

/** Where reports are read; the same where there is no replica. */
interface From {
  db: Reads;
  reads: Reads;
}

/** Reports over rooms for staff, each one statement: as JSON, or as CSV for a spreadsheet. */
export function reportRoutes(app: App, from: From): void {
  const kept = 'Kept is what nobody else could book: settled bookings and the buffers around them.';
  report(app, from, {
    path: 'rooms',
    operationId: 'reportRooms',
    summary: 'How much of its open time each room was kept',
    description: kept,
    query: {},
    row: RoomUse,
    ask: useByRoom,
  });
  report(app, from, {
    path: 'buildings',
    operationId: 'reportBuildings',
    summary: 'How much of their open time the rooms of each building were kept',
    description: kept,
    query: {},
    row: BuildingUse,
    ask: useByBuilding,
  });
  report(app, from, {
    path: 'hours',
    operationId: 'reportHours',
    summary: 'How much of each hour of the week the rooms were kept',
    description: kept,
    query: {},
    row: HourUse,
    ask: useByHour,
  });
  report(app, from, {
    path: 'bookings',
    operationId: 'reportRoomBookings',
    summary: 'What was booked in each day, week or month, and what became of it',
    query: { per: oneOf(['day', 'week', 'month'], { default: 'day' }) },
    row: Activity,
    ask: (asked, { per }) => bookingActivity(asked, per),
  });
}

type Query = Static<typeof ReportQuery>;

function report<Row extends TProperties, Own extends TProperties>(
  app: App,
  { db, reads }: From,
  of: Report<Row, Own>,
): void {
  const { path, row, query: own, ask, ...described } = of;
  const routes = app as unknown as FastifyInstance; // the schemas are checked at run time; their types stand in `of`
  routes.get(
    `/rooms/reports/${path}`,
    {
      schema: {
        tags: ['Room reports'],
        ...described,
        querystring: strict({ ...ReportQuery.properties, ...own }),
        response: reportAnswer(row),
      },
      config: { permission: 'booking.all', ...keptReport(reads === db, ['booking', 'room']) },
    },
    async (request, reply) => {
      const { tenant } = request.actor;
      const query = request.query as Query & Static<TObject<Own>>;
      const window = windowOf(query, LONGEST_REPORT_DAYS);
      const rows = await ask({ db: reads, tenant, filters: query, window }, query);
      return reportIn(request, reply, { columns: row, rows });
    },
  );
}

function oneOf<const W extends string>(words: readonly W[], options: object = {}) {
  return Type.Unsafe<W>({ type: 'string', enum: [...words], ...options });
}
