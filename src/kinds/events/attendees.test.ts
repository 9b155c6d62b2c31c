import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { admission, BoxOffice, seatLine, type OnSale } from '../../../test/box-office.ts';
import { fileIn } from '../../../test/exported.ts';

const HALL = [
  { name: 'Floor', kind: 'standing', capacity: 20_000 },
  {
    name: '=Stalls, "low"',
    kind: 'seated',
    rows: [
      { name: 'A', seats: 3 },
      { name: '-1', seats: 4 },
    ],
  },
];

let office: BoxOffice;
let event: OnSale;
before(async () => {
  office = await BoxOffice.open();
  event = await office.event({ venueId: await office.venue(HALL) });
});
after(() => office.close());

const exported = (format = 'csv') => office.get(`/events/${event.id}/attendees/export?format=${format}`);

async function buy(...lines: readonly object[]): Promise<{ id: string; reference: string }> {
  const { body } = await office.sold(lines);
  return { id: String(body['id']), reference: String(body['reference']) };
}

describe('an export of attendees', () => {
  test('has one row for each place sold, in the order of sections, seats and bookings', async () => {
    const seats = await office.seats(event);
    const standing = await buy(admission(event, 'Floor', 3), admission(event, 'Floor', 1));
    const seated = await buy(seatLine(event, seats[4], seats[1]));
    const mixed = await buy(admission(event, 'Floor', 1), seatLine(event, seats[6]));
    await office.hold(admission(event, 'Floor', 7), seatLine(event, seats[0])); // held is not sold
    const gone = await buy(admission(event, 'Floor', 5));
    await office.post(`/bookings/${gone.id}/cancel`);

    const { text } = await exported();
    const { rows, sha256, body } = fileIn(text);
    const found = parse(body, { columns: true }) as Record<string, string>[];
    assert.equal(rows, found.length);
    assert.equal(sha256, createHash('sha256').update(body).digest('hex'));
    const floor = (of: { reference: string }, line: number) => ['Floor', '', '', of.reference, String(line)];
    assert.deepEqual(
      found.map(({ section, row, number, reference, line }) => [section, row, number, reference, line]),
      [
        ...[floor(standing, 1), floor(standing, 1), floor(standing, 1), floor(standing, 2), floor(mixed, 1)],
        [`'=Stalls, "low"`, 'A', '2', seated.reference, '1'],
        [`'=Stalls, "low"`, `'-1`, '2', seated.reference, '1'],
        [`'=Stalls, "low"`, `'-1`, '4', mixed.reference, '2'],
      ],
    );
    assert.ok(found.every(({ unitPriceMinor, state }) => unitPriceMinor === '1000' && state === 'confirmed'));
  });

  test('as NDJSON has names as they are', async () => {
    const { text } = await exported('ndjson');
    const lines = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(lines.at(-1)?.['end'], {
      rows: lines.length - 1,
      sha256: createHash('sha256')
        .update(text.slice(0, text.lastIndexOf('{')).slice(0, text.lastIndexOf('{"end"')))
        .digest('hex'),
    });
    assert.deepEqual(
      [lines.at(-2)?.['section'], lines.at(-2)?.['row'], lines.at(-2)?.['number']],
      ['=Stalls, "low"', '-1', 4],
    );
  });

  test('goes through orders of very many places without losing one', async () => {
    for (const quantity of [4_000, 1, 10_000, 2_500]) await buy(admission(event, 'Floor', quantity));
    const { rows, body } = fileIn((await exported()).text);
    assert.equal(rows, 8 + 16_501);
    assert.equal(parse(body, { columns: true }).length, rows);
  });

  test('is for staff, of an event that there is', async () => {
    const path = `/events/${event.id}/attendees/export`;
    assert.equal((await office.ask('GET', path, { by: 'client' })).body.code, 'forbidden');
    assert.equal((await office.ask('GET', path, { by: 'public' })).body.code, 'unauthenticated');
    assert.equal((await (await office.neighbour()).get(path)).body.code, 'not_found');
    assert.equal((await office.get(`${path}?format=pdf`)).body.code, 'rule_violated');
  });
});
