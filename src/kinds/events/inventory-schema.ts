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

export const EventSeatMap = strict(
  {
    eventId: Id,
    sections: Type.Array(
      strict({
        id: Id,
        name: Type.String(),
        kind: SectionKind,
        rows: Type.Optional(
          Type.Array(
            strict({
              name: Type.String(),
              seats: Type.Integer(),
              accessible: Type.Optional(Type.Array(Type.Integer())),
              aisles: Type.Optional(Type.Array(Type.Integer())),
              points: Type.Optional(
                Type.Array(Type.Array(Type.Integer()), {
                  description:
                    'Of each seat in its order, [x, y] in cm on the plan of the hall: to the right, and away from the stage',
                }),
              ),
            }),
            { description: 'Of a seated section, in the order of the seats in the inventory' },
          ),
        ),
      }),
    ),
  },
  { title: 'SeatMap', description: 'It stays as it is whatever is sold' },
);
export type EventSeatMap = Static<typeof EventSeatMap>;
