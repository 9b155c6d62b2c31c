import { Type, type Static } from 'typebox';
import { Id, InstantText, Name, nullable, strict } from '../platform/schema.ts';

const Email = Type.String({
  minLength: 3,
  maxLength: 254,
  pattern: '^[^\\p{Cc}\\s@]+@[^\\p{Cc}\\s@]+$',
  description: 'One per client, whatever its case',
  examples: ['ada@example.org'],
});
const Tags = Type.Array(Name(50), { maxItems: 50, uniqueItems: true });

const person = {
  firstName: Name(100),
  lastName: Name(100),
  email: Email,
  phone: Type.Optional(nullable(Name(50))),
};

/** Whom a booking is for: the client of this e-mail, made when there is none. */
export const BookedFor = strict(person, {
  title: 'BookedFor',
  description: 'The client of this e-mail, who is made when there is none and otherwise stays as he is',
});
export type BookedFor = Static<typeof BookedFor>;

export const NewClient = strict({ ...person, tags: Type.Optional(Tags) });
export type NewClient = Static<typeof NewClient>;

/** Only the fields sent are changed, `tags` as a whole. An archived client keeps his history and is booked for no more. */
export const ClientPatch = strict(
  {
    firstName: Type.Optional(Name(100)),
    lastName: Type.Optional(Name(100)),
    email: Type.Optional(Email),
    phone: Type.Optional(nullable(Name(50))),
    tags: Type.Optional(Tags),
    archived: Type.Optional(Type.Boolean()),
  },
  { minProperties: 1 },
);
export type ClientPatch = Static<typeof ClientPatch>;

export const Client = strict(
  {
    id: Id,
    firstName: Type.String(),
    lastName: Type.String(),
    email: Type.String(),
    phone: nullable(Type.String()),
    tags: Type.Array(Type.String()),
    archived: Type.Boolean(),
    createdAt: InstantText,
    version: Type.Integer(),
  },
  { title: 'Client' },
);
export type Client = Static<typeof Client>;
