/**
 * A promise that the doctor checks from the database alone. One along a walk is checked stretch by stretch, each in a
 * statement and a transaction of its own: a snapshot that is held for seconds slows every hot row down (one held for
 * 20 s cut updates from 5 400 to 1 200/s). So a thing and everything that it is compared with must lie in one stretch:
 * then one statement sees them at one moment, and what is sold meanwhile cannot look like a broken promise.
 */
export interface Invariant {
  readonly id: string;
  readonly promise: string;
  /** Broken advice is told, but breaks no promise: what was sold is sold once and for good all the same. */
  readonly isAdvice?: boolean;
  /** What is walked along, for each tenant; or the whole database at once, which is for the catalog only. */
  readonly along: Walk | 'database';
  /**
   * Answers rows of `(thing text, broken boolean)`: everything examined. Along a walk $1 is the tenant, and only what
   * lies after $2 and up to $3 is looked at.
   */
  readonly text: string;
}

/** One way through a tenant's rows, in the order of a key that an index keeps. */
export interface Walk {
  /** Before and behind every key. */
  readonly first: string;
  readonly last: string;
  /** The key that is about $3 rows after $2, as the only row and column; null when fewer are left. */
  readonly border: string;
}

/** The ends of a walk along ids. */
export const UUIDS = {
  first: '00000000-0000-0000-0000-000000000000',
  last: 'ffffffff-ffff-ffff-ffff-ffffffffffff',
} as const;

/** Rides booking_pkey. Lines and claims of a booking begin with its id in their primary keys too. */
export const alongBookings: Walk = {
  ...UUIDS,
  border: `select (select b.id from engine.booking b where b.tenant_id = $1 and b.id > $2
    order by b.id offset $3 - 1 limit 1) as border`,
};

/** Rides interval_claim_by_end; all claims of one calendar lie in one stretch. */
export const alongCalendars: Walk = {
  ...UUIDS,
  border: `select (select c.resource_id from engine.interval_claim c
    where c.tenant_id = $1 and c.resource_id > $2 and c.ends_at > '-infinity'
    order by c.resource_id, c.ends_at offset $3 - 1 limit 1) as border`,
};

/** Rides stock_pkey and stock_claim_by_stock, whichever has its rows sooner: a hot row has a million claims. */
export const alongStock: Walk = {
  ...UUIDS,
  border: `select least(
    (select s.resource_id from engine.stock s where s.tenant_id = $1 and s.resource_id > $2
     order by s.resource_id offset $3 - 1 limit 1),
    (select c.resource_id from engine.stock_claim c
     where c.tenant_id = $1 and c.resource_id > $2 and c.units > 0
     order by c.resource_id offset $3 - 1 limit 1)) as border`,
};

/** Rides change_pkey. */
export const alongChanges: Walk = {
  first: '0',
  last: '9223372036854775807',
  border: `select (select c.seq from engine.change c where c.tenant_id = $1 and c.seq > $2
    order by c.seq offset $3 - 1 limit 1) as border`,
};

/** Whether booking `b` is a request that holds nothing and wishes. */
export const COMPETES = `(b.state = 'requested' and b.approval = 'competing')`;

/** Whether booking `b` holds capacity now: what its standing lines ask for is claimed. */
export const HOLDS_CAPACITY = `(b.state in ('confirmed', 'completed', 'noShow')
  or (b.state in ('held', 'paying', 'requested') and coalesce(b.expires_at > now(), true) and not ${COMPETES}))`;

/** The rows of `table`, as `alias`, that belong to the bookings of a stretch; rides their primary key. */
export function ofStretch(alias: string, key = 'booking_id'): string {
  return `${alias}.tenant_id = $1 and ${alias}.${key} > $2 and ${alias}.${key} <= $3`;
}

/**
 * What must be true of the intervals `i` of every line `l` of the word `kind` that holds capacity; `kept` is SQL over
 * both, where the intervals of one line are a group.
 */
export function linesWithIntervals(
  kind: string,
  { kept, ...of }: Pick<Invariant, 'id' | 'promise'> & { kept: string },
): Invariant {
  return {
    ...of,
    along: alongBookings,
    text: `select l.booking_id || ' line ' || l.line_no as thing, not coalesce(${kept}, false) as broken
      from engine.booking b
      join engine.booking_line l on ${ofStretch('l')} and l.booking_id = b.id
      left join engine.interval_claim i on ${ofStretch('i')} and i.booking_id = l.booking_id and i.line_no = l.line_no
      where ${ofStretch('b', 'id')} and l.kind = '${kind}' and l.cancelled_at is null and ${HOLDS_CAPACITY}
      group by l.tenant_id, l.booking_id, l.line_no`,
  };
}
