import { roomGrid } from '../src/kinds/rooms/grid-queries.ts';
import { freeRoomList } from '../src/kinds/rooms/queries.ts';
import { besideStatement, run, window, type Look } from './beside-statement.ts';
import { bookedWeek, DAY } from './fill.ts';
import type { Grown } from './growth-stage.ts';
import type { Bench } from './result.ts';

const FIRST_ID = '00000000-0000-0000-0000-000000000000';
const ANY = [null, null, null, null] as const;

/** A week of 1 000 rooms side by side, and the first rooms that are free. */
export const grid: Bench = (options) =>
  besideStatement({ bench: 'grid', looksOf: (stage) => [weekOfAll(stage), freeNow(stage)] }, options);

function weekOfAll({ base, db, tenant }: Grown): Look {
  const [from, to] = bookedWeek();
  const bare = () => run(db, tenant, roomGrid, [...ANY, from, to, '', FIRST_ID, true, 1_001]);
  return { name: 'grid', path: `${base}/rooms/grid?${window(from, to)}&limit=1000`, bare };
}

function freeNow({ base, db, tenant }: Grown): Look {
  const to = bookedWeek()[1] + 90 * DAY;
  const from = to - DAY / 24;
  const page = freeRoomList.bySort.get('capacity')?.page;
  if (page === undefined) throw new Error('free rooms are not sorted by capacity');
  const bare = () => run(db, tenant, page, [null, 50, null, null, from, to, 200]);
  return { name: 'find', path: `${base}/rooms/availability?${window(from, to)}&capacity=50`, bare };
}
