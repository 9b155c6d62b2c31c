import { Type, type Static } from 'typebox';
import { Id, InstantText, Name, nullable, strict, Whole } from '../../platform/schema.ts';

const TenantSlug = Type.String({ description: 'Slug of the company' });
const MOST_OF_LIST = 100;
const MOST_PAGES = 100_000;
/** Tickets drawn into one PDF: some 3 ms each, while the server does nothing else. */
const MOST_ON_PAPER = 50;
const MOST_ENTRANCES = 100;
/** With the longest tokens and names such a batch is still a body that is read. */
const MOST_SCANS = 500;

export const TicketPath = Type.Object({
  tenant: TenantSlug,
  id: Type.String({
    pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-[1-9][0-9]{0,3}-[0-9a-f]{8}$',
    examples: ['0192f0c1-7b1a-7c3e-9a51-0f2d6b1c8e4a-1-00200007'],
  }),
});

export const KeyPath = Type.Object({
  tenant: TenantSlug,
  id: Type.String({ pattern: '^[0-9a-f]{16}$', examples: ['5d41402abc4b2a76'] }),
});

/** The public halves of the keys that sign tickets: a JSON Web Key Set. */
export const TicketKeys = strict(
  {
    keys: Type.Array(
      strict({
        kty: Type.String(),
        crv: Type.String(),
        use: Type.String(),
        alg: Type.String(),
        kid: Type.String({ description: 'As it stands in tokens' }),
        x: Type.String({ description: 'The public key, 32 bytes as base64url' }),
        signs: Type.Boolean({ description: 'Whether new tickets are signed with it' }),
        createdAt: InstantText,
      }),
    ),
  },
  { title: 'TicketKeys' },
);
export type TicketKeys = Static<typeof TicketKeys>;

const person = {
  firstName: Name(),
  lastName: Name(),
  email: Type.String({ maxLength: 320, pattern: '^[^\\s@\\p{Cc}]{1,64}@[^\\s@\\p{Cc}]{1,255}$' }),
};
export const Recipient = strict(person, { title: 'TicketHolder' });
export type Recipient = Static<typeof Recipient>;

export const Holder = Type.Unsafe<Recipient | null>({
  ...strict({ firstName: Type.String(), lastName: Type.String(), email: Type.String() }),
  type: ['object', 'null'],
  description: 'Whom it was given to; null: whoever booked',
});

export const Ticket = strict(
  {
    id: Type.String(),
    bookingId: Id,
    reference: Type.String({ description: 'Of the booking' }),
    line: Type.Integer(),
    event: strict({
      id: Id,
      name: Type.String(),
      venue: Type.String(),
      timezone: Type.String(),
      startsAt: InstantText,
    }),
    sectionId: Id,
    section: Type.String(),
    category: nullable(Type.String()),
    tier: nullable(Type.String({ description: "Null: sold at the section's own price" })),
    row: nullable(Type.String()),
    seat: nullable(Type.Integer()),
    seatId: nullable(Id),
    holder: Holder,
    state: Type.Unsafe<'valid' | 'used'>({ type: 'string', enum: ['valid', 'used'] }),
    usedAt: nullable(InstantText),
    entrance: nullable(Type.String({ description: 'Where it was used' })),
    version: Type.Integer(),
    token: nullable(Type.String({ description: 'What its QR code says; null for who gave the ticket away' })),
  },
  { title: 'Ticket' },
);
export type Ticket = Static<typeof Ticket>;

export const TicketQuery = strict({
  limit: Whole(1, MOST_OF_LIST, { default: MOST_OF_LIST }),
  cursor: Type.Optional(Type.String({ description: '`nextCursor` of the page before' })),
  page: Type.Optional(Whole(1, MOST_PAGES)),
});
export const PaperQuery = strict({
  limit: Whole(1, MOST_ON_PAPER, { default: MOST_ON_PAPER }),
  page: Type.Optional(Whole(1, MOST_PAGES)),
});

const EntranceName = Name(100);
const Names = Type.Array(Name(), { maxItems: 200, uniqueItems: true });
/** An entrance lets in whoever has a place in one of its sections or categories; without any, everybody. */
const Entrance = strict({
  name: EntranceName,
  sections: Type.Optional(Names),
  categories: Type.Optional(Names),
});
export type Entrance = Static<typeof Entrance>;

export const EntryRules = strict(
  {
    entrances: Type.Array(Entrance, { maxItems: MOST_ENTRANCES }),
    transfer: Type.Unsafe<'allowed' | 'forbidden'>({
      type: 'string',
      enum: ['allowed', 'forbidden'],
      description: 'Whether tickets may be given to somebody else',
    }),
  },
  { title: 'EntryRules' },
);
export type EntryRules = Static<typeof EntryRules>;

// Any text may be scanned: what is no ticket is refused as forged.
const Token = Type.String({ maxLength: 4_000, description: 'What the QR code says' });
const DeviceName = Name(100);

export const NewScan = strict({
  token: Token,
  entrance: Type.Optional(EntranceName),
  at: Type.Optional(InstantText),
  device: Type.Optional(DeviceName),
});
export type NewScan = Static<typeof NewScan>;

export const ScanBatch = strict({
  device: DeviceName,
  scans: Type.Array(strict({ token: Token, at: InstantText, entrance: Type.Optional(EntranceName) }), {
    minItems: 1,
    maxItems: MOST_SCANS,
  }),
});
export type ScanBatch = Static<typeof ScanBatch>;

const Used = strict({
  at: InstantText,
  entrance: nullable(Type.String()),
  device: nullable(Type.String()),
});

const SCAN_RESULTS = ['accepted', 'duplicate', 'undone', 'refused'] as const;
export const Merged = strict(
  {
    accepted: Type.Integer(),
    duplicates: Type.Integer(),
    undone: Type.Integer(),
    refused: Type.Integer(),
    results: Type.Array(
      strict({
        result: Type.Unsafe<(typeof SCAN_RESULTS)[number]>({ type: 'string', enum: [...SCAN_RESULTS] }),
        ticketId: nullable(Type.String()),
        reason: Type.Optional(Type.String({ description: 'Why it was refused' })),
        detail: Type.Optional(Type.String()),
        used: Type.Optional(Used),
      }),
      { description: 'In the order of the scans' },
    ),
    displaced: Type.Array(strict({ ticketId: Type.String(), ...Used.properties }), {
      description: 'Scans that counted before and are duplicates now: one of these was earlier',
    }),
  },
  { title: 'MergedScans' },
);
export type Merged = Static<typeof Merged>;

const counts = { accepted: Type.Integer(), duplicates: Type.Integer(), undone: Type.Integer() };
export const CheckIns = strict(
  {
    eventId: Id,
    ...counts,
    marked: Type.Integer({ description: 'Places that came in with their whole line, without a scan' }),
    entrances: Type.Array(strict({ entrance: nullable(Type.String()), ...counts })),
  },
  { title: 'CheckIns' },
);
export type CheckIns = Static<typeof CheckIns>;
