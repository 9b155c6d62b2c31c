import { Type, type Static } from 'typebox';
import { AmountMinor, Id, InstantText, nullable, strict } from '../../platform/schema.ts';
import { Holder, type Recipient } from './ticket-schema.ts';

export const Attendee = strict(
  {
    ticketId: nullable(Type.String({ description: 'Null while the booking is not confirmed' })),
    sectionId: Id,
    section: Type.String(),
    tier: nullable(Type.String()),
    row: nullable(Type.String()),
    number: nullable(Type.Integer()),
    seatId: nullable(Id),
    bookingId: Id,
    reference: Type.String({ description: 'Of the booking' }),
    state: Type.String({ description: 'Of the booking' }),
    line: Type.Integer(),
    clientId: nullable(Id),
    client: Type.Unsafe<Recipient | null>({ ...Holder, description: 'Whom the booking is for' }),
    holder: Holder,
    unitPriceMinor: AmountMinor,
    paidMinor: AmountMinor,
    currency: Type.String(),
    bookedAt: InstantText,
    checkedInAt: nullable(InstantText),
  },
  { title: 'Attendee' },
);
export type Attendee = Static<typeof Attendee>;

export const AttendeeFilters = {
  search: Type.Optional(
    Type.String({
      maxLength: 200,
      description:
        'The reference of a booking, or how the e-mail, the last or the first name of its client or of the holder of a ticket begins',
    }),
  ),
};
