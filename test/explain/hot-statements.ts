import { placesOfEvent } from '../../src/kinds/events/place.ts';
import type { Ground } from './ground.ts';

/** Rows that may be read for each row returned: index entries of a few tables, and what a filter then leaves out. */
export const MOST_READ_PER_ROW = 10;

export interface Hot {
  name: string;
  values(on: Ground): readonly unknown[];
  /** Looks for what is hardly ever there, and not in this company. */
  findsNothing?: true;
  /** Why it reads more than ten times what it returns, and how much at most. */
  exempt?: { most: number; why: string };
}

const all =
  <T>(value: T) =>
  (of: readonly unknown[]): T[] =>
    of.map(() => value);
const always = all('-infinity');
const FIRST_ID = '00000000-0000-0000-0000-000000000000';
const ANY = [null, null, null, null] as const;
const PAGE = 50;
/** Places of the hall that are sold: less than half of them. */
const SOLD = 8_000;
/** Entries that one statement of an export looks at first. */
const EXPORTED = 100;
const piece = {
  most: EXPORTED * 4,
  why: 'its one row is a piece of a file: a hundred entries, each with its booking and lines',
};

/**
 * What runs for every request, for every sale, or every second. Inserts are left out: all they read is the one row of
 * their tenant's clock. Edits of the catalogue and what an hourly task does are only looked at for scans, like everything.
 */
export const hotStatements: readonly Hot[] = [
  // who asks
  { name: 'worker.tenantIdBySlug', values: ({ slug }) => [slug] },
  { name: 'people.tenantById', values: ({ tenant }) => [tenant] },
  { name: 'people.liveKey', values: ({ tenant, key }) => [tenant, key] },
  // a batch: locks
  { name: 'engine.lockCalendars', values: ({ tenant, rooms }) => [tenant, rooms] },
  { name: 'engine.lockCalendarsOf', values: ({ tenant, rooms, bookings }) => [tenant, rooms, bookings] },
  { name: 'engine.lockStock', values: ({ tenant, seats }) => [tenant, seats, always(seats)] },
  {
    name: 'engine.lockStockOf',
    values: ({ tenant, seats, bookings }) => [tenant, seats, always(seats), bookings],
  },
  { name: 'engine.lockBookings', values: ({ tenant, bookings }) => [tenant, bookings] },
  {
    name: 'engine.lockDying',
    findsNothing: true,
    values: ({ tenant, bookings }) => [tenant, bookings, Date.now()],
    exempt: {
      most: 30,
      why: 'a booking that another batch has dealt with is read and left: one row for each asked',
    },
  },
  // a batch: reads
  { name: 'engine.bookingsById', values: ({ tenant, bookings }) => [tenant, bookings] },
  { name: 'engine.linesOf', values: ({ tenant, bookings }) => [tenant, bookings] },
  { name: 'engine.intervalsOf', values: ({ tenant, bookings }) => [tenant, bookings] },
  { name: 'engine.unitsOf', values: ({ tenant, bookings }) => [tenant, bookings] },
  {
    name: 'engine.overlapping',
    values: ({ tenant, rooms, window }) => [
      tenant,
      rooms,
      all(window[0].getTime())(rooms),
      all(window[1].getTime())(rooms),
    ],
  },
  {
    name: 'engine.deadUnits',
    findsNothing: true,
    values: ({ tenant, seats }) => [tenant, seats, always(seats)],
  },
  { name: 'engine.guardVersions', values: ({ tenant, rooms }) => [tenant, rooms] },
  {
    name: 'engine.twinsOf',
    values: ({ tenant }) => [tenant, ['key', 'key'], ['POST /holds', 'POST /holds'], ['17', 'none such']],
  },
  // a batch: writes of what is there
  {
    name: 'engine.updateBookings',
    values: ({ tenant, bookings: ids }) => [
      ...[tenant, ids, all('cancelled')(ids), all(null)(ids), all(null)(ids), all(0)(ids), all(9)(ids)],
    ],
  },
  {
    name: 'engine.releaseUnits',
    values: ({ tenant, units }) => [
      tenant,
      units.map((claim) => claim.bookingId),
      all(1)(units),
      units.map((claim) => claim.placeId),
      always(units),
    ],
  },
  {
    name: 'engine.releaseIntervals',
    values: ({ tenant, intervals }) => [
      tenant,
      intervals.map((claim) => claim.bookingId),
      all(1)(intervals),
      intervals.map((claim) => claim.roomId),
      intervals.map((claim) => claim.startsAt.getTime()),
    ],
  },
  {
    name: 'engine.writeStock',
    values: ({ tenant, seats }) => [
      ...[tenant, seats, always(seats), all(0)(seats), all(null)(seats), all(null)(seats)],
    ],
  },
  {
    name: 'engine.redateIntervals',
    values: ({ tenant, bookings }) => [tenant, bookings, all(null)(bookings)],
  },
  { name: 'engine.redateUnits', values: ({ tenant, bookings }) => [tenant, bookings, all(null)(bookings)] },
  // what people look at
  {
    name: 'engine.busyBetween',
    values: ({ tenant, rooms, window }) => [tenant, rooms[0], window[0].getTime(), window[1].getTime()],
  },
  { name: 'engine.bookingList.-createdAt.page', values: ({ tenant }) => [tenant, null, null, PAGE] },
  {
    name: 'engine.bookingList.-createdAt.after',
    values: ({ tenant, middle }) => [tenant, null, null, PAGE, middle, middle],
  },
  {
    name: 'engine.bookingList.-createdAt.edge',
    values: ({ tenant }) => [tenant, null, null, PAGE * 3],
    exempt: { most: PAGE * 4, why: 'passes what stands before it, and makes nothing of it but its key' },
  },
  {
    name: 'engine.bookingByReference.-createdAt.page',
    values: ({ tenant, reference }) => [tenant, null, null, reference, null, PAGE],
  },
  { name: 'engine.requestList.-createdAt.page', values: ({ tenant }) => [tenant, null, PAGE] },
  { name: 'rooms.byId', values: ({ tenant, rooms }) => [tenant, rooms] },
  { name: 'rooms.list.name.page', values: ({ tenant }) => [tenant, ...ANY, false, PAGE] },
  {
    name: 'rooms.list.name.after',
    values: ({ tenant }) => [tenant, ...ANY, false, PAGE, 'Room 5', FIRST_ID],
  },
  {
    name: 'rooms.list.-capacity.after',
    values: ({ tenant }) => [tenant, ...ANY, false, PAGE, '50', FIRST_ID],
  },
  {
    name: 'rooms.freeList.capacity.page',
    values: ({ tenant }) => [tenant, ...ANY, Date.now() + 1e9, Date.now() + 1.01e9, PAGE],
  },
  {
    name: 'rooms.grid',
    values: ({ tenant, window }) => [
      ...[tenant, ...ANY, window[0].getTime(), window[1].getTime(), '', FIRST_ID, false, 100],
    ],
    exempt: {
      most: 100 * 15,
      why: 'a row is a room with everything booked in it: eight hours, and its building',
    },
  },
  {
    name: 'events.byId',
    values: ({ tenant, hall }) => [tenant, hall, false],
    exempt: sections('its sections'),
  },
  {
    name: 'events.forSale',
    values: ({ tenant, hall }) => [tenant, [hall]],
    exempt: sections('its sections'),
  },
  { name: 'events.sectionsOfEvents', values: ({ tenant, hall }) => [tenant, [hall]] },
  { name: 'events.inventory', values: ({ tenant, hall }) => [tenant, hall, false, null] },
  {
    name: 'events.list.startsAt.page',
    values: ({ tenant }) => [tenant, null, null, null, null, null, false, 10],
    exempt: {
      most: 10 * 320,
      why: 'an event has up to a hundred sections here, whose prices and stock are in its row',
    },
  },
  // what organisers look at, and files
  {
    name: 'events.salesBySection',
    values: ({ tenant, hall }) => [tenant, hall],
    exempt: sold(2, 'its line'),
  },
  {
    name: 'events.salesByTier',
    values: ({ tenant, hall }) => [tenant, hall],
    exempt: sold(2, 'its line'),
  },
  {
    name: 'events.salesCurve',
    values: ({ tenant, hall }) => [tenant, hall, 'day'],
    exempt: sold(3, 'its line and booking'),
  },
  {
    name: 'events.attendees',
    values: ({ tenant, hall }) => [tenant, hall, PAGE, 0, 0, null, 0, 0],
  },
  {
    name: 'events.attendees',
    values: ({ tenant, field }) => [tenant, field, PAGE, 0, 0, null, 0, 0],
  },
  {
    name: 'events.attendees',
    values: ({ tenant, hall, stalls }) => [tenant, hall, PAGE, 0, 2, stalls.id, 0, 0],
  },
  {
    name: 'events.attendeesNamed',
    values: ({ tenant, hall, attendee }) => [
      ...[tenant, hall, PAGE, 0, 0, null, 0, 0, attendee.toLowerCase(), ...placesOfEvent(hall)],
    ],
  },
  { name: 'events.sectionsWithSeats', values: ({ tenant, hall }) => [tenant, hall] },
  ...['csv', 'ndjson'].flatMap((format): Hot[] => [
    {
      name: `engine.bookingExport.${format}`,
      values: ({ tenant }) => [
        ...[tenant, null, null, -Infinity, Infinity],
        ...['ffffffff-ffff-ffff-ffff-ffffffffffff', null, FIRST_ID, EXPORTED],
      ],
      exempt: piece,
    },
    {
      name: `events.soldSeats.${format}`,
      values: ({ tenant, stalls: { id, lastId } }) => [
        ...[tenant, lastId, 'Stalls', ['A'], [1], id, EXPORTED],
      ],
      exempt: piece,
    },
    {
      name: `events.soldAdmissions.${format}`,
      values: ({ tenant, floor }) => [tenant, floor, 'Floor', FIRST_ID, 0, EXPORTED],
      exempt: piece,
    },
  ]),
  // what goes on in the background
  { name: 'worker.due', findsNothing: true, values: () => [200] },
  { name: 'worker.allTenants', values: () => [] },
  { name: 'worker.behind', values: () => ['nobody', PAGE] },
  { name: 'engine.changesAfter', values: ({ tenant, lastChange }) => [tenant, lastChange - 30, 100] },
  { name: 'engine.keptFrom', values: ({ tenant }) => [tenant] },
  {
    name: 'engine.lastToDrop',
    values: ({ tenant, lastChange }) => [tenant, Date.now(), Date.now() - 1, lastChange - 30, lastChange],
    exempt: { most: 40, why: 'of a stretch of changes it finds the last that all have read' },
  },
  { name: 'engine.lockPosition', findsNothing: true, values: ({ tenant }) => [tenant, 'nobody'] },
  { name: 'engine.forgetOldKeys', findsNothing: true, values: ({ tenant }) => [tenant, 3, 100] },
];

function sections(what: string): { most: number; why: string } {
  return {
    most: 200,
    why: `one row with ${what}, forty in a hall, and the stock of those looked at until one is free`,
  };
}

function sold(rows: number, what: string): { most: number; why: string } {
  return {
    most: rows * SOLD,
    why: `adds up a whole event: every place that is sold, with ${what}, and none of another event`,
  };
}

/** Statements that may read a large table from end to end, each with why that does no harm. */
export const mayScan: Readonly<Record<string, string>> = {
  'engine.bookingList.total': 'counts all bookings, and only for who asks for a page by its number',
  'rooms.list.total': 'counts all rooms, and only for who asks for a page by its number',
  'rooms.freeList.total': 'the same',
  'replay.occupiedMinutes': 'adds up everything once, at the end of a command',
};
