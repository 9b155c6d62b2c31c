import assert from 'node:assert/strict';

/** A CSV file as it was exported: what stands before its last line, and what that says. */
export function fileIn(text: string): { body: string; rows: number; sha256: string } {
  const at = text.trimEnd().lastIndexOf('\n') + 1;
  const [, rows, sha256 = ''] = /^# rows=(\d+) sha256=([0-9a-f]{64})\r\n$/.exec(text.slice(at)) ?? [];
  assert.ok(rows !== undefined, `no last line: ${text.slice(at)}`);
  return { body: text.slice(0, at), rows: Number(rows), sha256 };
}
