import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inflateSync } from 'node:zlib';
import jsqr from 'jsqr';
import { drawTickets } from './ticket-pdf.ts';
import type { Ticket } from './ticket-schema.ts';

const TOKEN = 'AQ'.padEnd(146, 'Zy8-_9');

function ticket(given: Partial<Ticket> & { name?: string } = {}): Ticket {
  const { name = 'Rigoletto', ...more } = given;
  return {
    id: '0192f0c1-7b1a-7c3e-9a51-0f2d6b1c8e4a-1-00200007',
    bookingId: '0192f0c1-7b1a-7c3e-9a51-0f2d6b1c8e4a',
    reference: '7K3QW9ZB5M2XT',
    line: 1,
    event: {
      id: '0192f0c1-7b1a-7c3e-9a51-0f2d6b1c8e4b',
      name,
      venue: 'Teatr Wielki, Łódź',
      timezone: 'Europe/Warsaw',
      startsAt: '2026-12-31T18:00:00.000Z',
    },
    sectionId: '0192f0c1-7b1a-7c3e-9a51-0f2d00200000',
    section: 'Stalls',
    category: 'First',
    tier: null,
    row: 'A',
    seat: 7,
    seatId: '0192f0c1-7b1a-7c3e-9a51-0f2d00200007',
    holder: null,
    state: 'valid',
    usedAt: null,
    entrance: null,
    version: 1,
    token: TOKEN,
    ...more,
  };
}

const holder = (firstName: string, lastName: string) => ({ firstName, lastName, email: 'a@example.org' });

/** The drawing commands of each page. */
function pagesOf(pdf: Buffer): string[] {
  const text = pdf.toString('latin1');
  const streams = [...text.matchAll(/<<[^>]*\/FlateDecode[^>]*>>\s*stream\r?\n/g)].flatMap((found) => {
    const from = found.index + found[0].length;
    const to = text.indexOf('endstream', from);
    return inflateSync(pdf.subarray(from, to)).toString('latin1');
  });
  return streams.filter((stream) => / re\n/.test(stream));
}

/** Draws the rectangles of a page as a reader's camera sees them, 4 points to a point. */
function photo(page: string): { pixels: Uint8ClampedArray; width: number; height: number } {
  const scale = 4;
  const [width, height] = [Math.ceil(595.28 * scale), Math.ceil((841.89 / 3) * scale)];
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  for (const [, ...numbers] of page.matchAll(/([\d.-]+) ([\d.-]+) ([\d.-]+) ([\d.-]+) re/g)) {
    const [x = 0, y = 0, w = 0, h = 0] = numbers.map(Number);
    for (let row = Math.round(y * scale); row < Math.round((y + h) * scale) && row < height; row++)
      for (let column = Math.round(x * scale); column < Math.round((x + w) * scale); column++)
        pixels.fill(0, (row * width + column) * 4, (row * width + column) * 4 + 3);
  }
  return { pixels, width, height };
}

test('the QR code on paper says the token', async () => {
  const [page = ''] = pagesOf(await drawTickets([ticket()]));
  const { pixels, width, height } = photo(page);
  assert.equal((jsqr as unknown as typeof jsqr.default)(pixels, width, height)?.data, TOKEN);
});

test('names in Polish, Greek, Cyrillic and with what the font lacks, long names and many tickets are drawn', async () => {
  const tickets = [
    ticket({ name: 'Ein sehr langer Name einer Veranstaltung, der kein Ende nimmt, '.repeat(6) }),
    ticket({ holder: holder('Zażółć', 'Gęśląjaźń-Łódzka') }),
    ticket({ holder: holder('Αλέξανδρος', 'Παπαδόπουλος'), name: 'Ρεμπέτικο' }),
    ticket({ holder: holder('Екатерина', 'Щербакова'), name: 'Чайка' }),
    ticket({ holder: holder('王', '小明 🎟') }),
    ticket({ section: 'S'.repeat(200), row: 'R'.repeat(50) }),
    ticket({ token: null }),
  ];
  const pdf = await drawTickets(tickets);
  assert.equal(pagesOf(pdf).length, 2, 'the third page has no code, for its ticket has no token');
  assert.match(pdf.toString('latin1'), /\/Count 3\b/);
  assert.ok(pdf.length < 150_000, `${pdf.length} bytes`);
});
