import { alongBookings, HOLDS_CAPACITY, ofStretch, type Invariant } from '../engine/invariant.ts';

/** Asked once and first: companies without codes, however large, are not looked through for them. */
const HAS_CODES = `exists (select from sales.discount_code h where h.tenant_id = $1)`;

/** What must be true of discounts, for `holdfast doctor`. */
export const saleInvariants: readonly Invariant[] = [
  {
    id: 'code-use-is-counted',
    promise:
      'a booking that holds capacity counts as exactly one use of each code on its lines, and of no other',
    along: alongBookings,
    text: `select b.id::text as thing, d.codes is distinct from u.codes or u.units <> cardinality(u.codes) as broken
      from engine.booking b
      left join (
        select n.booking_id, array_agg(distinct x.id order by x.id) as codes
        from engine.booking_line n
        join sales.discount_code x on x.tenant_id = $1 and x.code = n.details -> 'discount' ->> 'code'
        where ${ofStretch('n')} and n.details ? 'discount' group by n.booking_id) d on d.booking_id = b.id
      left join (
        select c.booking_id, array_agg(c.resource_id order by c.resource_id) as codes, sum(c.units) as units
        from engine.stock_claim c join sales.discount_code x on x.tenant_id = $1 and x.id = c.resource_id
        where ${ofStretch('c')} group by c.booking_id) u on u.booking_id = b.id
      where ${ofStretch('b', 'id')} and ${HOLDS_CAPACITY} and (d.booking_id is not null or u.booking_id is not null)
        and ${HAS_CODES}`,
  },
  {
    id: 'discount-adds-up',
    promise: 'a line with a discount costs its price less the discount, and never less than nothing',
    along: alongBookings,
    text: `select n.booking_id || ' line ' || n.line_no as thing,
        n.total_minor <> n.quantity * n.unit_minor - (n.details -> 'discount' ->> 'amountMinor')::bigint
        or (n.details -> 'discount' ->> 'amountMinor')::bigint < 0 or n.total_minor < 0 as broken
      from engine.booking_line n where ${ofStretch('n')} and n.details ? 'discount' and ${HAS_CODES}`,
  },
];
