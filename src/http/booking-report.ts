import { Type } from 'typebox';
import { reportBookings, type Per } from '../engine/booking-report.ts';
import { keptReport, reportAnswer, reportIn, reportQuery } from '../people/report.ts';
import type { App } from '../people/route.ts';
import type { Reads } from '../platform/replica.ts';
import { AmountMinor, nullable, strict } from '../platform/schema.ts';
import { Window, windowOf } from '../platform/window.ts';

/** As long as the reports of one kind; a year is asked for in quarters. */
const LONGEST_REPORT_DAYS = 92;
const HOUR_MS = 3_600_000;

const Row = {
  period: Type.String({ format: 'date', description: 'Its first day, by the clock of the company' }),
  kind: Type.String({ description: 'Kind of line: room, seat, admission, ...' }),
  currency: Type.String(),
  made: Type.Integer({
    description: 'Lines that were booked in it; the five counts after it add up to this',
  }),
  requested: Type.Integer({ description: 'That wait for approval' }),
  confirmed: Type.Integer({ description: 'That stand, or took place' }),
  noShows: Type.Integer(),
  cancelled: Type.Integer(),
  declined: Type.Integer(),
  quantity: Type.Integer({ description: 'Places, rooms or people of those confirmed and of no-shows' }),
  revenueMinor: AmountMinor,
  meanLeadHours: nullable(
    Type.Number({ description: 'From booking to start, of lines that name their start: rooms and the like' }),
  ),
};

/** What was booked over all kinds, and what became of it. */
export function bookingReportRoute(app: App, { db, reads }: { db: Reads; reads: Reads }): void {
  app.get(
    '/reports/bookings',
    {
      schema: {
        tags: ['Bookings'],
        summary: 'What was booked in each day, week or month, and what became of it',
        description:
          'By kind and currency; revenue is what the lines cost that are confirmed or were no-shows.',
        operationId: 'reportBookings',
        querystring: strict({
          ...Window,
          ...reportQuery,
          per: Type.Unsafe<Per>({ type: 'string', enum: ['day', 'week', 'month'], default: 'day' }),
        }),
        response: reportAnswer(Row),
      },
      config: { permission: 'booking.all', ...keptReport(reads === db, ['booking']) },
    },
    async (request, reply) => {
      const { query, actor } = request;
      const window = windowOf(query, LONGEST_REPORT_DAYS);
      const found = await reportBookings(reads, actor.tenant, window, query.per);
      const rows = found.map(({ meanLeadMs, ...row }) => ({
        ...row,
        meanLeadHours: meanLeadMs === null ? null : Number((meanLeadMs / HOUR_MS).toFixed(2)),
      }));
      return reportIn(request, reply, { columns: Row, rows });
    },
  );
}
