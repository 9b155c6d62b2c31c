import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureExport, MOST_GROWTH_MB } from './export-memory.ts';

const BOOKINGS = 50_000;

test('a server does not grow with the length of what it exports', async () => {
  const { rows, growthMb } = await measureExport(BOOKINGS);
  assert.equal(rows, BOOKINGS);
  assert.ok(growthMb === undefined || growthMb < MOST_GROWTH_MB, `it grew by ${growthMb} MB`);
});
