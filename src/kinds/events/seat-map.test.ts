import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BoxOffice, seatLine } from '../../../test/box-office.ts';

let office: BoxOffice;
before(async () => (office = await BoxOffice.open()));
after(() => office.close());

interface MapNow {
  eventId: string;
  sections: {
    id: string;
    name: string;
    kind: string;
    rows?: { name: string; seats: number; points?: number[][] }[];
  }[];
}

const floor = { name: 'Floor', kind: 'standing', capacity: 50 };
const plain = { name: 'Balcony', kind: 'seated', rows: [{ name: 'A', seats: 2, accessible: [1] }] };
const drawn = {
  ...{ name: 'Stalls', kind: 'seated', at: { x: 1_000, y: 0, turn: 90 } },
  rows: [
    { name: 'A', seats: 4, aisles: [2], points: [[0, 0], [500, 0]] }, // prettier-ignore
    { name: 'B', seats: 1, points: [[0, 100]] },
  ],
};

const look = (event: { id: string }, query = '', by: 'public' | 'admin' = 'public') =>
  office.ask('GET', `/events/${event.id}/seat-map${query}`, { by });
const mapOf = async (event: { id: string }) => (await look(event)).body as unknown as MapNow;

test('the map of an event has each seat where it is on the plan of the hall, in the order of the inventory', async () => {
  const event = await office.event({ venueId: await office.venue([floor, drawn, plain]) });
  const answer = await look(event);
  assert.equal(answer.status, 200, answer.text);
  const section = (of: { name: string; kind: string }) => ({
    ...{ id: event.section(of.name), name: of.name, kind: of.kind },
  });
  assert.deepEqual(answer.body, {
    eventId: event.id,
    sections: [
      section(floor),
      {
        ...section(drawn),
        rows: [
          { name: 'A', seats: 4, aisles: [2], points: [[1_000, 0], [1_000, 100], [1_000, 400], [1_000, 500]] }, // prettier-ignore
          { name: 'B', seats: 1, points: [[900, 0]] },
        ],
      },
      { ...section(plain), rows: plain.rows },
    ],
  });
  const { seats } = await office.inventory(event);
  const inMap = (answer.body as unknown as MapNow).sections.flatMap(({ id, rows = [] }) =>
    rows.flatMap((row) => Array.from({ length: row.seats }, (_, i) => [id, row.name, i + 1])),
  );
  assert.deepEqual(
    seats.map(({ sectionId, row, number }) => [sectionId, row, number]),
    inMap,
  );
});

test('who has a seat finds it where it was when he bought it, whatever becomes of the venue', async () => {
  const venueId = await office.venue([drawn]);
  const event = await office.event({ venueId });
  const [seat] = await office.seats(event);
  await office.sold([seatLine(event, seat)]);
  const map = await mapOf(event);
  const moved = { ...drawn, at: { x: 0, y: 0 } };
  assert.equal((await office.patch(`/venues/${venueId}`, { sections: [moved] })).status, 200);
  assert.deepEqual(await mapOf(event), map);
  const next = await mapOf(await office.event({ venueId }));
  assert.deepEqual(next.sections[0]?.rows?.[1]?.points, [[0, 100]]);
  assert.equal((await office.patch(`/venues/${venueId}`, { sections: [floor] })).status, 200);
  assert.deepEqual(await mapOf(event), map);
});

test('the dates of a series have the map of their venue', async () => {
  const asked = {
    name: 'Faust',
    venueId: await office.venue([drawn]),
    prices: [{ section: 'Stalls', amountMinor: 1 }],
  };
  const dates = ['2031-01-01T19:00:00Z', '2031-01-02T19:00:00Z'].map((startsAt) => ({ startsAt }));
  const made = await office.post('/events/series', { ...asked, dates });
  assert.equal(made.status, 201, made.text);
  const ids = made.body['events'] as { id: string }[];
  const maps = await Promise.all(ids.map((event) => look(event, '', 'admin')));
  assert.equal(maps.length, 2);
  for (const { body } of maps)
    assert.deepEqual((body as unknown as MapNow).sections[0]?.rows?.[1]?.points, [[900, 0]]);
});

test('what is sold in hidden tiers only is on the map of staff and of who has the code', async () => {
  const event = await office.event({
    venueId: await office.venue([drawn, plain]),
    prices: [{ section: 'Stalls', amountMinor: 1_000 }],
    tiers: [{ name: 'M', amountMinor: 5, sections: ['Balcony'], hidden: true, accessCodes: ['Rose Bud'] }],
  });
  const names = async (query: string, by: 'public' | 'admin' = 'public') => {
    const { sections } = (await look(event, query, by)).body as unknown as MapNow;
    return sections.map(({ name }) => name).join();
  };
  assert.equal(await names('', 'admin'), 'Stalls,Balcony');
  assert.deepEqual(
    [await names(''), await names('?accessCode=Tulip'), await names('?accessCode=rose%20bud')],
    ['Stalls', 'Stalls', 'Stalls,Balcony'],
  );
  assert.equal((await look(event, '?accessCode=rose%20bud')).headers['cache-control'], 'no-store');
});

test('the map of a draft is for staff, and that of another company for nobody', async () => {
  const draft = await office.draft({ venueId: await office.venue([drawn]) });
  assert.deepEqual([(await look(draft)).status, (await look(draft, '', 'admin')).status], [404, 200]);
  const neighbour = await office.neighbour();
  assert.equal((await neighbour.get(`/events/${draft.id}/seat-map`)).status, 404);
});

/** Far above what they take, and far below what looking at all for each would. */
const MADE_MS = 5_000;
const SHOWN_MS = 1_000;

test('20 000 seats on arcs, turned, are made within 5 s and drawn at once, and the inventory has nothing of it', async (t) => {
  const block = (name: string, x: number) => ({
    ...{ name, kind: 'seated', at: { x, y: 0, turn: 20 } },
    rows: Array.from({ length: 200 }, (_, i) => ({
      ...{ name: `${i + 1}`, seats: 50, aisles: [10, 40] },
      ...{ points: [[0, i * 90], [2_900, i * 90]], bend: 150 }, // prettier-ignore
    })),
  });
  const begun = performance.now();
  const event = await office.event({ venueId: await office.venue([block('West', 0), block('East', 3_500)]) });
  const made = performance.now() - begun;
  assert.ok(made < MADE_MS, `${made} ms`);
  const asked = performance.now();
  const answer = await look(event);
  const took = performance.now() - asked;
  assert.ok(took < SHOWN_MS, `${took} ms`);
  const { sections } = answer.body as unknown as MapNow;
  const points = sections.flatMap(({ rows = [] }) => rows.flatMap(({ points: some = [] }) => some));
  assert.equal(new Set(points.map(String)).size, 20_000);
  const text = JSON.stringify(await office.inventory(event));
  assert.ok(!text.includes('points') && !text.includes('bend'));
  t.diagnostic(
    `made in ${Math.round(made)} ms, drawn in ${Math.round(took)} ms, ${answer.text.length} bytes`,
  );
});

test('afterwards every promise of the doctor holds', async () => {
  assert.deepEqual(await office.broken(), []);
});
