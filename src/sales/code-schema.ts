import { Type, type Static, type TSchema } from 'typebox';
import { AmountMinor, Id, InstantText, Name, nullable, strict, Whole } from '../platform/schema.ts';

/** As much as one order could cost. */
const MOST_MINOR = Number.MAX_SAFE_INTEGER;
const MOST_NAMED = 100;

/** Compared without its case and the blanks around it. */
export const CodeText = Type.String({
  minLength: 1,
  maxLength: 60,
  pattern: '^[^\\p{Cc}]*[^\\p{Cc}\\s][^\\p{Cc}]*$',
});

const Words = (length: number) =>
  Type.Array(Name(length), { minItems: 1, maxItems: MOST_NAMED, uniqueItems: true });
const listOf = <T extends TSchema & { type: string }>(schema: T, description: string) =>
  Type.Optional(nullable({ ...schema, description }));

const terms = {
  percent: Type.Optional(nullable(Whole(1, 100))),
  amountMinor: Type.Optional(nullable(Whole(1, MOST_MINOR))),
  validFrom: Type.Optional(nullable(InstantText)),
  validTo: Type.Optional(nullable(InstantText)),
  maxUses: Type.Optional(nullable(Whole(1))),
  maxUsesPerClient: Type.Optional(nullable(Whole(1))),
  minOrderMinor: Type.Optional(Whole(0, MOST_MINOR)),
  kinds: listOf(Words(50), 'Kinds of lines that it is for; null: all'),
  eventIds: listOf(
    Type.Array(Id, { minItems: 1, maxItems: MOST_NAMED, uniqueItems: true }),
    'Events that it is for; null: all',
  ),
  tiers: listOf(Words(200), 'Names of the sections or price categories that it is for; null: all'),
};

/** Either `percent` or `amountMinor`, which is off the whole order. */
export const NewDiscountCode = strict({ code: CodeText, ...terms });
export type NewDiscountCode = Static<typeof NewDiscountCode>;

/** Only the fields sent are changed. What was held keeps the discount that it was held with. */
export const DiscountCodePatch = strict(
  { ...terms, archived: Type.Optional(Type.Boolean()) },
  { minProperties: 1 },
);
export type DiscountCodePatch = Static<typeof DiscountCodePatch>;

export const DiscountCode = strict(
  {
    id: Id,
    code: Type.String({ description: 'In upper case' }),
    percent: nullable(Type.Integer()),
    amountMinor: nullable(AmountMinor),
    validFrom: nullable(InstantText),
    validTo: nullable(InstantText),
    maxUses: nullable(Type.Integer()),
    maxUsesPerClient: nullable(Type.Integer()),
    minOrderMinor: AmountMinor,
    kinds: nullable(Type.Array(Type.String())),
    eventIds: nullable(Type.Array(Id)),
    tiers: nullable(Type.Array(Type.String())),
    used: Type.Integer({ description: 'Bookings that have it now, with holds that are not over' }),
    archived: Type.Boolean(),
    createdAt: InstantText,
    version: Type.Integer(),
  },
  { title: 'DiscountCode' },
);
export type DiscountCode = Static<typeof DiscountCode>;
