import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';

/** A CSV file as it was exported: what stands before its last line, and what that says. */
export function fileIn(text: string): { body: string; rows: number; sha256: string } {
  const at = text.trimEnd().lastIndexOf('\n') + 1;
  const [, rows, sha256 = ''] = LAST_LINE.exec(text.slice(at)) ?? [];
  assert.ok(rows !== undefined, `no last line: ${text.slice(at)}`);
  return { body: text.slice(0, at), rows: Number(rows), sha256 };
}

const LAST_LINE = /^# rows=(\d+) sha256=([0-9a-f]{64})\r\n$/;
/** More than a last line has. */
const TAIL_BYTES = 200;
const NEWLINE = 10;

/**
 * How many rows a CSV file has, read piece by piece. Throws where its last line is missing or says something else than what
 * stands before it: another number of rows, or another sum.
 */
export async function wholeFile(file: AsyncIterable<Uint8Array>): Promise<number> {
  const hash = createHash('sha256');
  let lines = 0;
  let tail: Buffer = Buffer.alloc(0);
  for await (const bytes of file) {
    tail = Buffer.concat([tail, bytes]);
    if (tail.length <= TAIL_BYTES) continue;
    const read = tail.subarray(0, -TAIL_BYTES);
    lines += linesIn(read);
    hash.update(read);
    tail = Buffer.from(tail.subarray(-TAIL_BYTES));
  }
  const at = tail.lastIndexOf(NEWLINE, -2) + 1;
  const [, rows, sha256] = LAST_LINE.exec(tail.toString('latin1', at)) ?? [];
  assert.ok(rows !== undefined, 'the last line is missing');
  lines += linesIn(tail.subarray(0, at));
  assert.equal(hash.update(tail.subarray(0, at)).digest('hex'), sha256, 'the last line says another sum');
  assert.equal(lines - 1, Number(rows), 'the last line says another number of rows');
  return Number(rows);
}

function linesIn(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}
