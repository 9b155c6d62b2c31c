import { Type, type Static } from 'typebox';
import {
  AmountMinor,
  Id,
  IdPath,
  InstantText,
  Name,
  nullable,
  optional,
  strict,
  Whole,
} from '../../platform/schema.ts';
import { Affected } from '../affected.ts';
import { SCOPES, type Scope } from '../series.ts';
import { MOST_SECTIONS, MOST_STANDING } from './venue-schema.ts';
import { Group, NewTiers, Groups, Price, Tier, TierName, TierPatches } from './tier-schema.ts';

const MOST_SEATS_IN_LINE = 50;
const MOST_PLACES_IN_LINE = 10_000;
const MOST_OF_CATEGORY = 100;
/** Seats that are marked by one call. */
const MOST_MARKED = 1_000;

const TierOfLine = optional({
  ...TierName,
  description: "The price that is meant; none: the section's own",
});

/** Numbered seats of an event, all of one price. */
export const SeatLine = strict(
  {
    kind: Type.Literal('seat'),
    eventId: Id,
    seatIds: Type.Array(Id, { minItems: 1, maxItems: MOST_SEATS_IN_LINE, uniqueItems: true }),
    tier: TierOfLine,
  },
  { title: 'SeatLine' },
);
export type SeatLine = Static<typeof SeatLine>;

/** Numbered seats of one price, chosen for the buyer at the moment of the sale: they become a line of the kind `seat`. */
export const BestSeatsLine = strict(
  {
    kind: Type.Literal('bestSeats'),
    eventId: Id,
    sectionId: Type.Optional(Id),
    category: Type.Optional(Name(MOST_OF_CATEGORY)),
    quantity: Whole(1, MOST_SEATS_IN_LINE),
    tier: TierOfLine,
    accessible: Type.Optional(
      Type.Boolean({ default: false, description: 'At least one seat is for those who need it' }),
    ),
    split: Type.Optional(
      Type.Boolean({ default: false, description: 'Neighbouring rows will do when no row has room for all' }),
    ),
  },
  { title: 'BestSeatsLine' },
);
export type BestSeatsLine = Static<typeof BestSeatsLine>;

/** Places in a standing section of an event. */
export const AdmissionLine = strict(
  {
    kind: Type.Literal('admission'),
    eventId: Id,
    sectionId: Id,
    quantity: Whole(1, MOST_PLACES_IN_LINE),
    tier: TierOfLine,
  },
  { title: 'AdmissionLine' },
);
export type AdmissionLine = Static<typeof AdmissionLine>;

const Prices = Type.Array(strict({ section: Name(), amountMinor: Price }), {
  minItems: 1,
  maxItems: MOST_SECTIONS,
  description: 'By name of the section; one without a price is not sold, or only in tiers',
});
export type Prices = Static<typeof Prices>;
const NewPrices = Type.Array(
  strict({
    section: Name(),
    amountMinor: Price,
    category: Type.Optional(Name(MOST_OF_CATEGORY)),
  }),
  {
    minItems: 1,
    maxItems: MOST_SECTIONS,
    description:
      'By name of the section; one without a price is not sold, or only in tiers. Sections of one category have one price',
  },
);

const times = {
  endsAt: optional(InstantText),
  saleFrom: optional(InstantText),
  saleTo: optional(InstantText),
};
const OrphanRule = Type.Unsafe<'off' | 'on'>({
  type: 'string',
  enum: ['off', 'on'],
  description: 'Whether a sale may not leave a single seat alone where the row has better ones',
});
const limits = {
  holdTtlSeconds: optional(Whole(1, 3_600)),
  maxPerOrder: optional(Whole(1)),
  maxPerClient: optional(Whole(1)),
  orphanRule: Type.Optional(OrphanRule),
};

export const NewEvent = strict({
  name: Name(),
  venueId: Id,
  startsAt: InstantText,
  ...times,
  ...limits,
  prices: Type.Optional(NewPrices),
  tiers: Type.Optional(NewTiers),
  groups: Type.Optional(Groups),
});
export type NewEvent = Static<typeof NewEvent>;

/** Which dates of a series somebody means. */
export const Dates = Type.Optional(
  Type.Unsafe<Scope>({
    type: 'string',
    enum: [...SCOPES],
    description: 'Of a series: this date, it and the later ones, or all that are not over',
  }),
);

/** Only the fields sent are changed, and of prices, tiers and groups only those that are named. */
export const EventPatch = strict(
  {
    name: Type.Optional(Name()),
    startsAt: Type.Optional(InstantText),
    ...times,
    ...limits,
    prices: Type.Optional(Prices),
    tiers: Type.Optional(TierPatches),
    groups: Type.Optional(Groups),
    scope: Dates,
  },
  { minProperties: 1 },
);
export type EventPatch = Static<typeof EventPatch>;

const STATES = ['draft', 'onSale', 'paused', 'soldOut', 'cancelled', 'ended'] as const;
const EventState = Type.Unsafe<(typeof STATES)[number]>({ type: 'string', enum: [...STATES] });

const event = {
  id: Id,
  seriesId: nullable({ ...Id, description: 'Of the series that it is a date of' }),
  name: Type.String(),
  venueId: Id,
  venue: Type.String({ description: 'Name of the venue' }),
  timezone: Type.String({ description: 'Of the venue' }),
  state: EventState,
  startsAt: InstantText,
  endsAt: nullable(InstantText),
  saleFrom: nullable(InstantText),
  saleTo: nullable(InstantText),
  holdTtlSeconds: nullable(Type.Integer()),
  maxPerOrder: nullable(Type.Integer()),
  maxPerClient: nullable(Type.Integer()),
  orphanRule: OrphanRule,
  prices: Type.Array(
    strict({
      section: Type.String(),
      sectionId: Id,
      amountMinor: AmountMinor,
      category: nullable(Type.String()),
    }),
  ),
  tiers: Type.Array(Tier),
  groups: Type.Array(Group),
  createdAt: InstantText,
  version: Type.Integer(),
};
export const Event = strict(event, { title: 'Event' });
export type Event = Static<typeof Event>;

const moved = {
  dates: Type.Optional(
    Type.Array(Id, { description: 'With a scope: the dates that were meant, it among them, in their order' }),
  ),
  left: Type.Optional(
    Type.Integer({ description: 'With a scope: dates that the call was too large for. Call again' }),
  ),
};
export const MovedEvent = strict({ ...event, ...moved }, { title: 'MovedEvent' });
export type MovedEvent = Static<typeof MovedEvent>;

/** Each of the affected is for the organiser to cancel and refund, or to swap to another date. */
export const CancelledEvent = strict({ ...event, ...moved, affected: Affected }, { title: 'CancelledEvent' });
export type CancelledEvent = Static<typeof CancelledEvent>;

/** `affected` only when its times were changed. */
export const ChangedEvent = strict(
  { ...event, dates: moved.dates, affected: Type.Optional(Affected) },
  { title: 'ChangedEvent' },
);
export type ChangedEvent = Static<typeof ChangedEvent>;

export const EventFilters = {
  seriesId: Type.Optional(Id),
  venueId: Type.Optional(Id),
  state: Type.Optional(EventState),
  from: Type.Optional(InstantText),
  to: Type.Optional(InstantText),
  search: Type.Optional(Type.String({ maxLength: 200, description: 'Part of the name of event or venue' })),
};
export type EventFilters = Static<ReturnType<typeof strict<typeof EventFilters>>>;

/** What keeps a seat from being sold as others are: for nobody, or only for staff who name it. */
export type SeatMark = 'killed' | 'house';

export const SectionPath = Type.Object({ ...IdPath.properties, sectionId: Id });

export const NewCapacity = strict({
  capacity: Whole(0, MOST_STANDING),
  overbook: Type.Optional(Whole(0, MOST_STANDING, { default: 0 })),
});
export type NewCapacity = Static<typeof NewCapacity>;

const MarkedIds = Type.Array(Id, { minItems: 1, maxItems: MOST_MARKED, uniqueItems: true });
export const SeatsToMark = strict({ seatIds: MarkedIds, reason: Name(500) });
export type SeatsToMark = Static<typeof SeatsToMark>;

export const MarkedSeats = strict(
  {
    eventId: Id,
    seatIds: Type.Array(Id),
    mark: Type.Unsafe<SeatMark | null>({ type: ['string', 'null'], enum: ['killed', 'house', null] }),
    version: Type.Integer({ description: 'Of the event' }),
  },
  { title: 'MarkedSeats' },
);
export type MarkedSeats = Static<typeof MarkedSeats>;
