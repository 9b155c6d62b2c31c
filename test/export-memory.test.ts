import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { measureExport, MOST_GROWTH_MB, startHoarder, withCompany } from './export-memory.ts';
import { wholeFile } from './exported.ts';

const BOOKINGS = 50_000;
const ATTENDEES = 300_000;

test('a server does not grow with the length of what it exports, and somebody who kept it all is found out', async () => {
  await withCompany({ bookings: BOOKINGS, attendees: ATTENDEES }, async (company) => {
    const bookings = await measureExport(company, company.bookings);
    const attendees = await measureExport(company, company.attendees);
    assert.equal(bookings.rows, BOOKINGS);
    assert.ok(attendees.rows >= ATTENDEES);
    for (const { growthMb } of [bookings, attendees])
      assert.ok(growthMb === undefined || growthMb < MOST_GROWTH_MB, `it grew by ${growthMb} MB`);
    const hoarded = await measureExport(company, company.attendees, startHoarder);
    assert.equal(hoarded.rows, attendees.rows);
    assert.ok(hoarded.growthMb === undefined || hoarded.growthMb > MOST_GROWTH_MB, `${hoarded.growthMb} MB`);
  });
});

describe('a file is what its last line says', () => {
  const body = `id,name\r\n${Array.from({ length: 30 }, (_, n) => `${n},"Ada"\r\n`).join('')}`;
  const lastLine = (rows: number, of = body) =>
    `# rows=${rows} sha256=${createHash('sha256').update(of).digest('hex')}\r\n`;
  const read = (text: string, pieces = 7) => {
    const size = Math.ceil(text.length / pieces);
    const cut = Array.from({ length: pieces }, (_, n) => Buffer.from(text.slice(n * size, (n + 1) * size)));
    return wholeFile(Readable.from(cut));
  };

  test('however it is cut into pieces', async () => {
    for (const pieces of [1, 2, 7, 100]) assert.equal(await read(body + lastLine(30), pieces), 30);
  });

  test('or it is found out', async () => {
    await assert.rejects(read(body + lastLine(31)), /another number of rows/);
    await assert.rejects(read(body.replace('7,"Ada"', '7,"Eda"') + lastLine(30)), /another sum/);
    const short = body.replace('12,"Ada"\r\n', '');
    await assert.rejects(read(short + lastLine(30)), /another sum/);
    await assert.rejects(read(short + lastLine(30, short)), /another number of rows/);
    await assert.rejects(read(body), /missing/);
    await assert.rejects(read(body + lastLine(30).slice(0, -5)), /missing/);
  });
});
