import { Type } from 'typebox';
import type { Booking } from '../engine/index.ts';
import { iso, type Instant } from '../platform/clock.ts';
import { discountOn } from '../sales/redeem.ts';
import { AmountMinor, Id, InstantText, nullable, strict } from '../platform/schema.ts';

const STATES = [
  ...['held', 'paying', 'requested', 'confirmed', 'completed', 'noShow', 'expired', 'cancelled', 'declined'],
] as const;

const State = Type.Unsafe<(typeof STATES)[number]>({ type: 'string', enum: [...STATES] });

/** What bookings can be looked for by. */
export const bookingFilters = {
  state: Type.Optional(State),
  reference: Type.Optional(Type.String({ maxLength: 20 })),
};

/** A line as it was asked for, in its kind's own words, with its number and price. */
const Line = Type.Object(
  {
    no: Type.Integer(),
    kind: Type.String(),
    quantity: Type.Integer(),
    unitPriceMinor: AmountMinor,
    discountMinor: AmountMinor,
    totalMinor: AmountMinor,
    checkedInAt: nullable(InstantText),
    cancelledAt: nullable(InstantText),
  },
  { additionalProperties: true },
);

export const BookingBody = strict(
  {
    id: Id,
    reference: Type.String({ description: 'What people are told; 65 random bits' }),
    state: State,
    expiresAt: nullable(InstantText),
    checkedInAt: nullable(InstantText),
    lines: Type.Array(Line),
    totalMinor: AmountMinor,
    currency: Type.String(),
    discountCode: nullable(Type.String()),
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
    expiresAt: moment(booking.expiresAt),
    checkedInAt: moment(booking.checkedInAt),
    lines: booking.lines.map((line) => ({
      no: line.no,
      kind: line.kind,
      ...line.details,
      quantity: line.quantity,
      unitPriceMinor: line.unitMinor,
      discountMinor: discountOn(line)?.amountMinor ?? 0,
      totalMinor: line.totalMinor,
      checkedInAt: moment(line.checkedInAt),
      cancelledAt: moment(line.cancelledAt),
    })),
    totalMinor: booking.totalMinor,
    currency: booking.currency,
    discountCode: booking.lines.map(discountOn).find((each) => each !== undefined)?.code ?? null,
    clientId: booking.clientId,
    note: booking.note,
    createdAt: iso(booking.createdAt),
    version: booking.version,
  };
}

function moment(at: Instant | null): string | null {
  return at === null ? null : iso(at);
}

export function bookingText(booking: Booking): string {
  return JSON.stringify(bookingAnswer(booking));
}
