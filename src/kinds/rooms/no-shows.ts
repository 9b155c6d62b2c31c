import type { Engine } from '../../engine/index.ts';
import type { Database } from '../../platform/db.ts';
import { statement } from '../../platform/statement.ts';

/** Lines that one look finds for one company; those left over are found by the next look. */
const AT_ONCE = 200;

/** Companies with rooms in which people check in. Rides room_with_check_in. */
const companies = statement('worker.companiesWithCheckIn', {
  params: [],
  columns: { tenantId: 'uuid' },
  text: `select distinct r.tenant_id as "tenantId" from rooms.room r where r.check_in_minutes is not null`,
});

/**
 * What is under way in rooms with the rule and was not checked in within its minutes. The first claim that is not over
 * is the only one that can have begun, so it is one step into interval_claim_by_end for each room of room_with_check_in;
 * buffers are not the booking's own time, so its line says when it starts.
 */
const absent = statement('rooms.absent', {
  params: ['uuid', 'int8'],
  columns: { bookingId: 'uuid', line: 'int4', version: 'int4' },
  text: `select i.booking_id as "bookingId", i.line_no as line, k.version
    from rooms.room r
    cross join lateral (
      select c.booking_id, c.line_no, c.expires_at from engine.interval_claim c
      where c.tenant_id = $1 and c.resource_id = r.id and c.ends_at > '-infinity' and c.ends_at > now()
      order by c.ends_at limit 1
    ) i
    join engine.booking k on k.tenant_id = $1 and k.id = i.booking_id
    join engine.booking_line l on l.tenant_id = $1 and l.booking_id = i.booking_id and l.line_no = i.line_no
    where r.tenant_id = $1 and r.check_in_minutes is not null and i.expires_at is null
      and k.state = 'confirmed' and l.checked_in_at is null
      and (l.details->>'start')::timestamptz + make_interval(mins => r.check_in_minutes) <= now()
    limit $2`,
});

/**
 * Gives back the time of every booking under way for which nobody has checked in although its room asks for it; returns
 * how many it found. Safe beside others that do the same: the engine lets go only of a booking that is as it was seen.
 */
export async function releaseNoShows(db: Database, engine: Engine): Promise<number> {
  let total = 0;
  for (const { tenantId } of await db.asWorker((reads) => reads.run(companies))) {
    const found = await db.read(tenantId, absent, AT_ONCE);
    const released = found.map(({ bookingId, line, version }) =>
      engine.perform(tenantId, {
        ...{ verb: 'release', bookingId, version, lineNos: [line] },
        ...{ ownedBy: null, actor: 'no-shows' },
      }),
    );
    await Promise.all(released);
    total += found.length;
  }
  return total;
}
