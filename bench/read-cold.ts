import { busy } from '../src/engine/calendar.ts';
import { inventory } from '../src/kinds/events/event-queries.ts';
import { roomList } from '../src/kinds/rooms/queries.ts';
import { besideStatement, run, window, type Look } from './beside-statement.ts';
import { bookedWeek } from './fill.ts';
import type { Grown } from './growth-stage.ts';
import type { Bench } from './result.ts';

/** What `read-hot` asks for, and an event of 20 000 seats, when nothing is kept. */
export const readCold: Bench = (options) =>
  besideStatement(
    { bench: 'read-cold', looksOf: (stage) => [list(stage), week(stage), hall(stage)] },
    options,
  );

function list({ base, db, tenant }: Grown): Look {
  const page = roomList.bySort.get('name')?.page;
  if (page === undefined) throw new Error('rooms are not sorted by name');
  const bare = () => run(db, tenant, page, [null, null, null, null, false, 51]);
  return { name: '50 of 1 000 rooms', path: `${base}/rooms?limit=50`, bare };
}

function week({ base, db, tenant, rooms: [room = ''] }: Grown): Look {
  const [startsAt, endsAt] = bookedWeek();
  const path = `${base}/rooms/${room}/availability?${window(startsAt, endsAt)}`;
  return { name: 'a week of a room', path, bare: () => busy(db, tenant, room, { startsAt, endsAt }) };
}

function hall({ base, db, tenant, halls: [event = ''] }: Grown): Look {
  const path = `${base}/events/${event}/inventory?seats=true`;
  return { name: '20 000 seats', path, bare: () => run(db, tenant, inventory, [event, true, null]) };
}
