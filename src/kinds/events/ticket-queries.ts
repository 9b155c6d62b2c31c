import { statement } from '../../platform/statement.ts';

export const insertKey = statement('events.insertTicketKey', {
  params: ['uuid', 'text', 'bytea', 'bytea'],
  columns: {},
  text: `insert into events.ticket_key as k (tenant_id, id, public_key, sealed_key, state, created_at)
    values ($1, $2, $3, $4, 'signing', now())`,
});

/** The key that signs goes on being accepted; another one signs in its place. */
export const retireKey = statement('events.retireTicketKey', {
  params: ['uuid'],
  columns: {},
  text: `update events.ticket_key k set state = 'accepted' where k.tenant_id = $1 and k.state = 'signing'`,
});

export const withdrawKey = statement('events.withdrawTicketKey', {
  params: ['uuid', 'text'],
  columns: {},
  text: `update events.ticket_key k set state = 'withdrawn' where k.tenant_id = $1 and k.id = $2`,
});

/** Waits for whoever changes the keys meanwhile: of two first keys one is made. */
export const lockTenant = statement('events.lockTicketKeys', {
  params: ['uuid'],
  columns: { seq: 'int8' },
  text: `select c.seq from engine.tenant_clock c where c.tenant_id = $1 for no key update of c`,
});

export const keys = statement('events.ticketKeys', {
  params: ['uuid'],
  columns: { id: 'text', publicKey: 'bytea', state: 'text', createdAt: 'timestamptz' },
  text: `select k.id, k.public_key as "publicKey", k.state, k.created_at as "createdAt"
    from events.ticket_key k where k.tenant_id = $1 order by k.created_at desc, k.id`,
});

/** Rides ticket_key_one_signs. */
export const signingKey = statement('events.signingTicketKey', {
  params: ['uuid'],
  columns: { id: 'text', sealedKey: 'bytea' },
  text: `select k.id, k.sealed_key as "sealedKey"
    from events.ticket_key k where k.tenant_id = $1 and k.state = 'signing'`,
});

/** What tickets and doors need to know of events, with the sections in the venue's order. */
export const ticketEvents = statement('events.ticketEvents', {
  params: ['uuid', 'uuid[]'],
  columns: {
    id: 'uuid',
    name: 'text',
    state: 'text',
    startsAt: 'timestamptz',
    venue: 'text',
    timezone: 'text',
    sections: 'jsonb',
    entrances: 'jsonb?',
    transfer: 'text?',
    now: 'timestamptz',
  },
  text: `select e.id, e.name, e.state, e.starts_at as "startsAt", v.name as venue, v.timezone, (
        select jsonb_agg(jsonb_build_object(
          'id', x.id, 'name', x.name, 'category', x.category, 'layout', x.layout) order by x.no)
        from events.event_section x where x.tenant_id = $1 and x.event_id = e.id) as sections,
      r.entrances, r.transfer, clock_timestamp() as now
    from events.event e
    join events.venue v on v.tenant_id = e.tenant_id and v.id = e.venue_id
    left join events.entry_rule r on r.tenant_id = e.tenant_id and r.event_id = e.id
    where e.tenant_id = $1 and e.id = any ($2::uuid[])`,
});

/** What is kept of single tickets of some bookings, with the scan that counts. */
export const keptTickets = statement('events.keptTickets', {
  params: ['uuid', 'uuid[]'],
  columns: {
    bookingId: 'uuid',
    lineNo: 'int4',
    placeId: 'uuid',
    version: 'int4',
    firstName: 'text?',
    lastName: 'text?',
    email: 'text?',
    undoneAt: 'timestamptz?',
  },
  text: `select t.booking_id as "bookingId", t.line_no as "lineNo", t.place_id as "placeId", t.version,
      t.first_name as "firstName", t.last_name as "lastName", t.email, t.undone_at as "undoneAt"
    from events.ticket t where t.tenant_id = $1 and t.booking_id = any ($2::uuid[])`,
});

export const upsertTransfer = statement('events.transferTicket', {
  params: ['uuid', 'uuid', 'int4', 'uuid', 'text', 'text', 'text'],
  columns: {},
  text: `insert into events.ticket as t (tenant_id, booking_id, line_no, place_id, version, first_name, last_name, email)
    values ($1, $2, $3, $4, 2, $5, $6, $7)
    on conflict (tenant_id, booking_id, line_no, place_id) do update set version = t.version + 1,
      first_name = excluded.first_name, last_name = excluded.last_name, email = excluded.email`,
});

export const upsertEntryRules = statement('events.setEntryRules', {
  params: ['uuid', 'uuid', 'jsonb', 'text'],
  columns: {},
  text: `insert into events.entry_rule as r (tenant_id, event_id, entrances, transfer) values ($1, $2, $3, $4)
    on conflict (tenant_id, event_id) do update set entrances = excluded.entrances, transfer = excluded.transfer`,
});
