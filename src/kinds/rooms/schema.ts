import { Type, type Static } from 'typebox';
import { Id, InstantText, Name, nullable, strict, Whole } from '../../platform/schema.ts';

const Equipment = Type.Array(Name(50), {
  maxItems: 50,
  uniqueItems: true,
  description: 'What the room has, in your words',
});

/** One stretch of one room, `[start, end)`. */
export const RoomLine = strict(
  { kind: Type.Literal('room'), roomId: Id, start: InstantText, end: InstantText },
  { title: 'RoomLine' },
);
export type RoomLine = Static<typeof RoomLine>;

export const NewRoom = strict({
  name: Name(),
  building: Name(),
  floor: Type.Optional(nullable(Name(50))),
  capacity: Whole(),
  equipment: Type.Optional(Equipment),
});
export type NewRoom = Static<typeof NewRoom>;

/** Only the fields sent are changed. `archived: true` takes the room off sale and keeps its history. */
export const RoomPatch = strict(
  {
    name: Type.Optional(Name()),
    building: Type.Optional(Name()),
    floor: Type.Optional(nullable(Name(50))),
    capacity: Type.Optional(Whole()),
    equipment: Type.Optional(Equipment),
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

const Stretch = strict({ start: InstantText, end: InstantText });

export const RoomAvailability = strict(
  { roomId: Id, free: Type.Array(Stretch), busy: Type.Array(Stretch) },
  { title: 'RoomAvailability' },
);

/** The stretch that somebody looks at; at most a year, so that an answer stays bounded. */
export const Window = { from: InstantText, to: InstantText };

export const RoomFilters = {
  building: Type.Optional(Type.String({ maxLength: 200, description: 'Name of the building' })),
  capacity: Type.Optional(Whole()),
  equipment: Type.Optional(Type.String({ maxLength: 500, description: 'All of these, separated by commas' })),
  search: Type.Optional(Type.String({ maxLength: 200, description: 'Part of the name of room or building' })),
};
export type RoomFilters = Static<ReturnType<typeof strict<typeof RoomFilters>>>;
