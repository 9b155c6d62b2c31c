import { bookedBetween, isFollowed, touched } from './booked-queries.ts';
import { ofStretch, UUIDS, type Invariant, type Walk } from './invariant.ts';

/** Rides booked_stretch_pkey; for each stretch a thousand bookings are read. */
const alongSums: Walk = {
  ...UUIDS,
  border: `select (select s.until_id from engine.booked_stretch s where s.tenant_id = $1 and s.until_id > $2
    order by s.until_id offset greatest($3::int / 1000, 1) - 1 limit 1) as border`,
};

const asOne = (rows: string) =>
  `(select jsonb_agg(to_jsonb(n) - '{tenant_id,until_id}'::text[] order by n.made, n.kind, n.currency) from (${rows}) n)`;

/** Of the sums that the report over all kinds is made of (docs/engine.md). */
export const bookedInvariant: Invariant = {
  id: 'sums-add-up',
  promise:
    'what is kept of bookings for reports is what they add up to, but for changes not read yet, and passes over none',
  along: alongSums,
  text: `select s.until_id::text as thing,
      s.after_id <> coalesce(before.id, '${UUIDS.first}')
      or s.is_summed and (select ${isFollowed}) and s.until_id not in (select t.until_id from (${touched}) t) and (
        ${asOne('select r.* from engine.booked r where r.tenant_id = $1 and r.until_id = s.until_id')}
          is distinct from ${asOne(bookedBetween('s.after_id', 's.until_id'))}
        or array[s.first_at, s.last_at] is distinct from (
          select array[min(b.created_at), max(b.created_at)] from engine.booking b
          where b.tenant_id = $1 and b.id > s.after_id and b.id <= s.until_id)) as broken
    from engine.booked_stretch s
    left join lateral (select p.until_id as id from engine.booked_stretch p where p.tenant_id = $1 and p.until_id < s.until_id
      order by p.until_id desc limit 1) before on true
    where ${ofStretch('s', 'until_id')}`,
};
