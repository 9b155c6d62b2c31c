import { Type } from 'typebox';
import type { Booking } from '../engine/index.ts';
import { iso } from '../platform/clock.ts';
import { AmountMinor, Id, InstantText, nullable, strict } from '../platform/schema.ts';

const STATES = [
  ...['held', 'paying', 'requested', 'confirmed', 'completed', 'noShow', 'expired', 'cancelled', 'declined'],
] as const;

export const State = Type.Unsafe<(typeof STATES)[number]>({ type: 'string', enum: [...STATES] });

/** A line as it was asked for, in its kind's own words, with its number and price. */
const Line = Type.Object(
  {
    no: Type.Integer(),
    kind: Type.String(),
    quantity: Type.Integer(),
    unitPriceMinor: AmountMinor,
    totalMinor: AmountMinor,
  },
  { additionalProperties: true },
);

export const BookingBody = strict(
  {
    id: Id,
    reference: Type.String({ description: 'What people are told; 65 random bits' }),
    state: State,
    expiresAt: nullable(InstantText),
    lines: Type.Array(Line),
    totalMinor: AmountMinor,
    currency: Type.String(),
    clientId: nullable(Id),
    note: nullable(Type.String()),
    createdAt: InstantText,
    version: Type.Integer(),
  },
  { title: 'Booking' },
);

/** A booking as everybody outside sees it. */
export function bookingAnswer(booking: Booking) {
  return {
    id: booking.id,
    reference: booking.reference,
    state: booking.state,
    expiresAt: booking.expiresAt === null ? null : iso(booking.expiresAt),
    lines: booking.lines.map((line) => ({
      no: line.no,
      kind: line.kind,
      ...line.details,
      quantity: line.quantity,
      unitPriceMinor: line.unitMinor,
      totalMinor: line.totalMinor,
    })),
    totalMinor: booking.totalMinor,
    currency: booking.currency,
    clientId: booking.clientId,
    note: booking.note,
    createdAt: iso(booking.createdAt),
    version: booking.version,
  };
}

export function bookingText(booking: Booking): string {
  return JSON.stringify(bookingAnswer(booking));
}
