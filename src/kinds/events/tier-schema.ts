import { Type, type Static } from 'typebox';
import {
  AccessCode,
  AmountMinor,
  InstantText,
  Name,
  nullable,
  optional,
  strict,
  Whole,
} from '../../platform/schema.ts';

/** Of one event: each is read with it, and shown with it. */
const MOST_TIERS = 50;
const MOST_SECTIONS = 200;
const MOST_PLACES = 1_000_000;
const MOST_CODES = 100;
/** With the most places in the most lines the total is still an amount that can be counted exactly. */
const DEAREST_MINOR = 10_000_000_000;

export const Price = Whole(0, DEAREST_MINOR);
export const TierName = Name(100);

const terms = {
  sections: Type.Optional(
    Type.Unsafe<string[] | null>({
      ...Type.Array(Name(), { minItems: 1, maxItems: MOST_SECTIONS, uniqueItems: true }),
      type: ['array', 'null'],
      description: 'Where it is sold, by name; none: in all sections of the event',
    }),
  ),
  capacity: optional({ ...Whole(0, MOST_PLACES), description: 'So many places of it are sold' }),
  group: optional({ ...TierName, description: 'The tiers of a group share its places' }),
  saleFrom: optional(InstantText),
  saleTo: optional(InstantText),
  maxPerOrder: optional(Whole(1)),
  hidden: Type.Optional(
    Type.Boolean({ description: 'Shown and sold only to those who know one of its access codes' }),
  ),
  accessCodes: Type.Optional(
    Type.Array(AccessCode, {
      minItems: 1,
      maxItems: MOST_CODES,
      uniqueItems: true,
      description: 'Of a hidden tier, in place of those it had; they cannot be read again',
    }),
  ),
};

export const NewTiers = Type.Array(strict({ name: TierName, amountMinor: Price, ...terms }), {
  minItems: 1,
  maxItems: MOST_TIERS,
});
/** Of a tier that there is only the fields sent are changed; another is new and needs its price. */
export const TierPatches = Type.Array(
  strict({ name: TierName, amountMinor: Type.Optional(Price), ...terms }),
  { minItems: 1, maxItems: MOST_TIERS },
);
export type TierPatch = Static<typeof TierPatches>[number];

export const Group = strict({ name: TierName, capacity: Whole(0, MOST_PLACES) }, { title: 'TierGroup' });
export type Group = Static<typeof Group>;
export const Groups = Type.Array(Group, { minItems: 1, maxItems: MOST_TIERS });

export const Tier = strict(
  {
    name: Type.String(),
    amountMinor: AmountMinor,
    sections: Type.Unsafe<string[] | null>({ ...Type.Array(Type.String()), type: ['array', 'null'] }),
    capacity: nullable(Type.Integer()),
    group: nullable(Type.String()),
    saleFrom: nullable(InstantText),
    saleTo: nullable(InstantText),
    maxPerOrder: nullable(Type.Integer()),
    hidden: Type.Boolean(),
    codes: Type.Integer({ description: 'How many access codes it has' }),
  },
  { title: 'Tier' },
);
export type Tier = Static<typeof Tier>;

/** The tiers of one section as they can be had now. */
export const TiersNow = Type.Array(
  strict({
    name: Type.String(),
    amountMinor: AmountMinor,
    available: Type.Integer({
      description: 'Of the section, the tier and its group; none outside its sale window',
    }),
  }),
);
export type TiersNow = Static<typeof TiersNow>;
