import { Type, type Static } from 'typebox';
import { Id, InstantText, Name, oneOfBy, strict, Timezone, Whole } from '../../platform/schema.ts';

export const MOST_SECTIONS = 200;
const MOST_ROWS = 1_000;
const MOST_SEATS_IN_ROW = 1_000;
/** Numbered seats of one venue: each is a row of stock in each of its events. */
export const MOST_SEATS = 100_000;
export const MOST_STANDING = 1_000_000;

/** A hall that reaches further is drawn wrong. */
const FARTHEST_CM = 100_000;
const Cm = Whole(-FARTHEST_CM, FARTHEST_CM);
const Point = Type.Array(Cm, { minItems: 2, maxItems: 2 });

const SeatRow = strict(
  {
    name: Name(50),
    seats: Whole(1, MOST_SEATS_IN_ROW),
    accessible: Type.Optional(
      Type.Array(Whole(1, MOST_SEATS_IN_ROW), {
        minItems: 1,
        maxItems: MOST_SEATS_IN_ROW,
        uniqueItems: true,
        description: 'Numbers of the seats for those who need them',
      }),
    ),
    aisles: Type.Optional(
      Type.Array(Whole(1, MOST_SEATS_IN_ROW), {
        minItems: 1,
        maxItems: MOST_SEATS_IN_ROW,
        uniqueItems: true,
        description:
          'Numbers of the seats behind which there is an aisle: nobody sits side by side across it',
      }),
    ),
    points: Type.Optional(
      Type.Array(Point, {
        minItems: 1,
        maxItems: MOST_SEATS_IN_ROW,
        description:
          'Where each seat is, [x, y] in cm: to the right, and away from the stage. Or only where the first and the last are, with the others evenly between',
      }),
    ),
    bend: Type.Optional({
      ...Cm,
      description: 'Of two points: how far behind the middle between them the row passes, on an arc',
    }),
  },
  { description: 'Its seats are numbered from 1' },
);
export type SeatRow = Static<typeof SeatRow>;

const SectionAt = strict(
  { x: Cm, y: Cm, turn: Type.Optional(Whole(-360, 360)) },
  {
    description:
      'Where [0, 0] of its points is on the plan of the hall, and by how many degrees they are turned about it, clockwise',
  },
);

const SeatedSection = strict(
  {
    name: Name(),
    kind: Type.Literal('seated'),
    rows: Type.Array(SeatRow, { minItems: 1, maxItems: MOST_ROWS, description: 'From front to back' }),
    at: Type.Optional(SectionAt),
    capacity: Type.Optional(Whole(1, MOST_SEATS)),
  },
  { title: 'SeatedSection' },
);
const StandingSection = strict(
  { name: Name(), kind: Type.Literal('standing'), capacity: Whole(1, MOST_STANDING) },
  { title: 'StandingSection' },
);
const NewSections = Type.Array(oneOfBy('kind', [SeatedSection, StandingSection]), {
  minItems: 1,
  maxItems: MOST_SECTIONS,
});
export type NewSection = Static<typeof NewSections>[number];

export const NewVenue = strict({
  name: Name(),
  timezone: Type.Optional(Timezone),
  sections: NewSections,
});
export type NewVenue = Static<typeof NewVenue>;

/** Only the fields sent are changed; events that were made before keep the sections they were made with. */
export const VenuePatch = strict(
  {
    name: Type.Optional(Name()),
    timezone: Type.Optional(Timezone),
    sections: Type.Optional(NewSections),
    archived: Type.Optional(Type.Boolean()),
  },
  { minProperties: 1 },
);
export type VenuePatch = Static<typeof VenuePatch>;

export const SectionKind = Type.Unsafe<'seated' | 'standing'>({
  type: 'string',
  enum: ['seated', 'standing'],
});

const Section = strict({
  name: Type.String(),
  kind: SectionKind,
  capacity: Type.Integer(),
  rows: Type.Optional(Type.Array(SeatRow, { description: 'Of a seated section; left out of lists' })),
  at: Type.Optional(SectionAt),
});

export const Venue = strict(
  {
    id: Id,
    name: Type.String(),
    timezone: Type.String(),
    capacity: Type.Integer(),
    sections: Type.Array(Section),
    archived: Type.Boolean(),
    createdAt: InstantText,
    version: Type.Integer(),
  },
  { title: 'Venue' },
);
export type Venue = Static<typeof Venue>;

export const VenueFilters = {
  search: Type.Optional(Type.String({ maxLength: 200, description: 'Part of the name' })),
  archived: Type.Optional(Type.Boolean({ default: false, description: 'Show the archived venues instead' })),
};
