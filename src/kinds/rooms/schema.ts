import { Type, type Static } from 'typebox';
import { ROLES } from '../../people/access.ts';
import {
  Id,
  InstantText,
  Name,
  nullable,
  strict,
  TimeOfDay,
  Timezone,
  Whole,
} from '../../platform/schema.ts';

const Equipment = Type.Array(Name(50), {
  maxItems: 50,
  uniqueItems: true,
  description: 'Things that a room has, in your words',
});

const LONGEST_MINUTES = 366 * 1_440;
const DAY_MINUTES = 1_440;
const MOST_STRETCHES_A_DAY = 12;
const FARTHEST_HORIZON_DAYS = 3_660;

/** Stretches of a weekday, `["08:00", "20:00"]`; one that ends before it begins ends on the next day. */
const DayHours = Type.Array(Type.Array(TimeOfDay, { minItems: 2, maxItems: 2 }), {
  maxItems: MOST_STRETCHES_A_DAY,
});
const OpeningHours = strict(
  {
    mon: Type.Optional(DayHours),
    tue: Type.Optional(DayHours),
    wed: Type.Optional(DayHours),
    thu: Type.Optional(DayHours),
    fri: Type.Optional(DayHours),
    sat: Type.Optional(DayHours),
    sun: Type.Optional(DayHours),
  },
  { description: 'When the room is open, on its own clock; a weekday without an entry is closed' },
);
export type OpeningHours = Static<typeof OpeningHours>;

const SomeRoles = Type.Array(Type.Unsafe<(typeof ROLES)[number]>({ type: 'string', enum: [...ROLES] }), {
  minItems: 1,
  maxItems: ROLES.length,
  uniqueItems: true,
});

/** How much of a room one person may have in a period. */
const QuotaLimit = strict(
  { bookings: Type.Optional(Whole(1, 10_000)), minutes: Type.Optional(Whole(1, LONGEST_MINUTES)) },
  { minProperties: 1 },
);

const Rules = strict(
  {
    minMinutes: Type.Optional(Whole(1, LONGEST_MINUTES)),
    maxMinutes: Type.Optional(Whole(1, LONGEST_MINUTES)),
    stepMinutes: Type.Optional(Whole(1, DAY_MINUTES)),
    noticeMinutes: Type.Optional(Whole(0, LONGEST_MINUTES)),
    horizonDays: Type.Optional(Whole(0, FARTHEST_HORIZON_DAYS)),
    bufferBeforeMinutes: Type.Optional(Whole(0, DAY_MINUTES)),
    bufferAfterMinutes: Type.Optional(Whole(0, DAY_MINUTES)),
    roles: Type.Optional(SomeRoles),
    quota: Type.Optional(
      strict({ perDay: Type.Optional(QuotaLimit), perWeek: Type.Optional(QuotaLimit) }, { minProperties: 1 }),
    ),
    approval: Type.Optional(Type.Unsafe<'none' | 'required'>({ type: 'string', enum: ['none', 'required'] })),
    approvalMode: Type.Optional(
      Type.Unsafe<'exclusive' | 'competing'>({ type: 'string', enum: ['exclusive', 'competing'] }),
    ),
    approvalRoles: Type.Optional(SomeRoles),
    collidingRequests: Type.Optional(
      Type.Unsafe<'decline' | 'leave'>({ type: 'string', enum: ['decline', 'leave'] }),
    ),
    checkInMinutes: Type.Optional(Whole(1, DAY_MINUTES)),
  },
  { description: 'What a booking of the room must keep to; see docs/rooms.md' },
);
export type Rules = Static<typeof Rules>;

/** Longer than any rule that people write. */
const LONGEST_RULE = 500;

/** One stretch of one room, `[start, end)`, or with `rrule` the first of a series. */
export const RoomLine = strict(
  {
    kind: Type.Literal('room'),
    roomId: Id,
    start: InstantText,
    end: InstantText,
    attendees: Type.Optional(Whole(1)),
    equipment: Type.Optional(Equipment),
    rrule: Type.Optional(
      Type.String({
        maxLength: LONGEST_RULE,
        description: 'RFC 5545, on the clock of the room; each occurrence becomes a line of the booking',
        examples: ['FREQ=WEEKLY;COUNT=15'],
      }),
    ),
    dst: Type.Optional(
      Type.Unsafe<'earlier' | 'later' | 'skip'>({
        type: 'string',
        enum: ['earlier', 'later', 'skip'],
        description: 'What becomes of an occurrence whose local time the clocks leave out or show twice',
      }),
    ),
    onConflict: Type.Optional(
      Type.Unsafe<'refuse' | 'skip'>({
        type: 'string',
        enum: ['refuse', 'skip'],
        description: 'Whether occurrences that cannot be had are left out; else nothing is held',
      }),
    ),
  },
  { title: 'RoomLine' },
);
export type RoomLine = Static<typeof RoomLine>;

export const NewRoom = strict({
  name: Name(),
  building: Name(),
  floor: Type.Optional(nullable(Name(50))),
  capacity: Whole(),
  equipment: Type.Optional(Equipment),
  timezone: Type.Optional(nullable(Timezone)),
  openingHours: Type.Optional(nullable(OpeningHours)),
  rules: Type.Optional(nullable(Rules)),
});
export type NewRoom = Static<typeof NewRoom>;

/**
 * Only the fields sent are changed, `rules` and `openingHours` as a whole. `archived: true` takes the room off sale and
 * keeps its history.
 */
export const RoomPatch = strict(
  {
    name: Type.Optional(Name()),
    building: Type.Optional(Name()),
    floor: Type.Optional(nullable(Name(50))),
    capacity: Type.Optional(Whole()),
    equipment: Type.Optional(Equipment),
    timezone: Type.Optional(nullable(Timezone)),
    openingHours: Type.Optional(nullable(OpeningHours)),
    rules: Type.Optional(nullable(Rules)),
    archived: Type.Optional(Type.Boolean()),
  },
  { minProperties: 1 },
);
export type RoomPatch = Static<typeof RoomPatch>;

export const Room = strict(
  {
    id: Id,
    name: Type.String(),
    building: Type.String(),
    buildingId: Id,
    floor: nullable(Type.String()),
    capacity: Type.Integer(),
    equipment: Type.Array(Type.String()),
    timezone: nullable(Timezone),
    openingHours: nullable(OpeningHours),
    rules: Rules,
    archived: Type.Boolean(),
    createdAt: InstantText,
    version: Type.Integer(),
  },
  { title: 'Room' },
);
export type Room = Static<typeof Room>;

export const Building = strict(
  { id: Id, name: Type.String(), rooms: Type.Integer(), createdAt: InstantText },
  { title: 'Building' },
);
export type Building = Static<typeof Building>;

/** A stretch in which a room cannot be booked. */
export const NewBlackout = strict({
  start: InstantText,
  end: InstantText,
  reason: Type.Optional(nullable(Name())),
});
export type NewBlackout = Static<typeof NewBlackout>;

export const Blackout = strict(
  {
    id: Id,
    roomId: Id,
    start: InstantText,
    end: InstantText,
    reason: nullable(Type.String()),
    createdAt: InstantText,
  },
  { title: 'Blackout' },
);
export type Blackout = Static<typeof Blackout>;

/** A blackout with the bookings of the room that it lies over. Nothing happens to them by itself. */
export const MadeBlackout = strict(
  {
    ...Blackout.properties,
    affectedCount: Type.Integer({ description: 'Lines of bookings that the blackout lies over' }),
    affected: Type.Array(
      strict({
        bookingId: Id,
        reference: Type.String(),
        state: Type.String(),
        line: Type.Integer({ description: 'The number of the line' }),
        start: Type.String(),
        end: Type.String(),
      }),
      { description: 'The first of them, in order of time' },
    ),
  },
  { title: 'MadeBlackout' },
);
export type MadeBlackout = Static<typeof MadeBlackout>;

const Stretch = strict({ start: InstantText, end: InstantText });

export const RoomAvailability = strict(
  { roomId: Id, free: Type.Array(Stretch), busy: Type.Array(Stretch) },
  { title: 'RoomAvailability' },
);

/** The stretch that somebody looks at; at most a year, so that an answer stays bounded. */
export const RoomFilters = {
  building: Type.Optional(Type.String({ maxLength: 200, description: 'Name of the building' })),
  capacity: Type.Optional(Whole()),
  equipment: Type.Optional(Type.String({ maxLength: 500, description: 'All of these, separated by commas' })),
  search: Type.Optional(Type.String({ maxLength: 200, description: 'Part of the name of room or building' })),
};
export type RoomFilters = Static<ReturnType<typeof strict<typeof RoomFilters>>>;
