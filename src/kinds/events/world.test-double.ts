import { admission, seatLine, type BoxOffice, type OnSale } from '../../../test/box-office.ts';
import type { KindWorld, Ware } from '../world.test-double.ts';

const NAMES = ['One', 'Two', 'Three', 'Four'];

function ware(office: BoxOffice, event: OnSale, given: Pick<Ware, 'lines' | 'bad'>): Ware {
  return {
    ...given,
    touch: () => office.patch(`/events/${event.id}`, { name: 'Another name' }),
    close: () => office.post(`/events/${event.id}/pause`),
    open: () => office.post(`/events/${event.id}/resume`),
    reason: 'sale_paused',
  };
}

export const world: KindWorld = {
  wares: {
    seat: async (office) => {
      const event = await office.event();
      const seats = await office.seats(event);
      await office.post(`/events/${event.id}/seats/kill`, { seatIds: seats.slice(9, 10), reason: 'Camera' });
      return ware(office, event, {
        lines: [0, 1, 2, 3].map((i) => seatLine(event, seats[2 * i], seats[2 * i + 1])),
        bad: [{ line: seatLine(event, seats[8], seats[9]), reason: 'not_for_sale', field: 'seatIds/1' }],
      });
    },
    admission: async (office) => {
      const venueId = await office.venue([
        ...NAMES.map((name) => ({ name, kind: 'standing', capacity: 5 })),
        { name: 'Stalls', kind: 'seated', rows: [{ name: 'A', seats: 10 }] },
      ]);
      const event = await office.event({ venueId, maxPerOrder: 100 });
      return ware(office, event, {
        lines: NAMES.map((name) => admission(event, name, 5)),
        bad: [
          { line: admission(event, 'Stalls', 1), reason: 'seats_numbered', field: 'sectionId' },
          { line: admission(event, 'One', 101), reason: 'over_limit', field: 'quantity' },
        ],
      });
    },
  },
  limited: async (office) => {
    const event = await office.event({ maxPerClient: 1 });
    return [admission(event, 'Floor', 1), admission(event, 'Floor', 1)];
  },
};
