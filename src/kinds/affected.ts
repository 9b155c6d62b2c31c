import { Type } from 'typebox';
import { Id, strict } from '../platform/schema.ts';

/** `affectedBy` of the engine as it is told: who has something of what was changed. */
export const Affected = strict(
  {
    bookings: Type.Integer(),
    places: Type.Integer(),
    first: Type.Array(
      strict({ bookingId: Id, reference: Type.String(), state: Type.String(), places: Type.Integer() }),
      { description: 'The first 100 of them' },
    ),
  },
  { description: 'Bookings that have places of it' },
);
