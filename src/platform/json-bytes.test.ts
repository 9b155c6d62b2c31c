import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uuidV7 } from './id.ts';
import { around, aroundTime, JsonBytes } from './json-bytes.ts';

test('what is written piece by piece is the JSON that it stands for, however little room there was at first', () => {
  const entries = Array.from({ length: 50 }, (_, i) => ({
    name: `Größe "${i}" 座席 🎟`,
    start: new Date(Date.UTC(2030, 0, 1, i % 3)).toISOString(),
    bookingId: uuidV7(),
  }));
  const json = new JsonBytes(1);
  const [comma, close] = [',', '"}'].map(around);
  const start = aroundTime(',"start":"', '","bookingId":"');
  json.text('[');
  for (const { name, start: time, bookingId } of entries) {
    if (name !== entries[0]?.name) json.put(comma as Uint8Array);
    json.text(JSON.stringify({ name }).slice(0, -1));
    json.put(start(Date.parse(time)));
    json.uuid(Buffer.from(`ff${bookingId.replaceAll('-', '')}`, 'hex'), 1);
    json.put(close as Uint8Array);
  }
  json.text(']');
  assert.equal(json.bytes.toString(), JSON.stringify(entries));
});
