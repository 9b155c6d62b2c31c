import { Type, type Static } from 'typebox';
import { AmountMinor, Id, nullable, strict } from '../../platform/schema.ts';

import { TiersNow } from './tier-schema.ts';
import { SectionKind } from './venue-schema.ts';

const SEAT_STATES = ['free', 'held', 'sold', 'killed', 'house'] as const;
export type SeatState = (typeof SEAT_STATES)[number];

/** A section as it can be sold now. */
export const SectionNow = strict(
  {
    id: Id,
    name: Type.String(),
    kind: SectionKind,
    capacity: Type.Integer(),
    available: Type.Integer({
      description: 'With what may be overbooked, without killed seats and house holds',
    }),
    amountMinor: nullable({ ...AmountMinor, description: 'Null: sold in tiers only' }),
    category: nullable(Type.String()),
    tiers: Type.Optional(TiersNow),
  },
  { title: 'Section' },
);
export type SectionNow = Static<typeof SectionNow>;

export const Inventory = strict(
  {
    eventId: Id,
    sections: Type.Array(SectionNow),
    version: Type.Integer({ description: 'Of the event' }),
    seats: Type.Optional(
      Type.Array(
        strict({
          id: Id,
          sectionId: Id,
          row: Type.String(),
          number: Type.Integer(),
          state: Type.Unsafe<SeatState>({ type: 'string', enum: [...SEAT_STATES] }),
          accessible: Type.Optional(Type.Boolean({ description: 'For those who need it; absent: no' })),
        }),
      ),
    ),
  },
  { title: 'Inventory' },
);
