import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { catalogue, conflictReasons, reasons } from './errors.ts';

const doc = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8');

/** The part of the document below one heading, up to the next of the same level. */
function section(heading: string): string {
  const [, below = ''] = doc.split(`\n## ${heading}\n`);
  return below.split('\n## ', 1)[0] ?? '';
}

function rows(heading: string): string[] {
  return [...section(heading).matchAll(/^\| `(\w+)`/gm)].map(([, word]) => String(word)).sort();
}

test('docs/errors.md describes each code with its status, and no other', () => {
  const found = section('Codes').matchAll(/^### (\w+)\n\n\*\*(\d+)\.?\*\*/gm);
  const documented = Object.fromEntries([...found].map(([, code, status]) => [code, Number(status)]));
  const expected = Object.entries(catalogue).map(([code, { status }]) => [code, status]);
  assert.deepEqual(documented, Object.fromEntries(expected));
});

test('docs/errors.md lists each reason, and no other', () => {
  const listed = [...rows('Reasons of malformed'), ...rows('Reasons of rule_violated')].sort();
  assert.deepEqual(listed, Object.keys(reasons).sort());
  assert.deepEqual(rows('Reasons of conflicts'), Object.keys(conflictReasons).sort());
});

test('each code and reason of the catalogue is told somewhere', async () => {
  const files = globSync('src/**/*.ts').filter((file) => !/\.test\.ts$|platform\/errors\.ts$/.test(file));
  const source = (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('\n');
  const helpers = ['malformed', 'not_found', 'rule_violated', 'unavailable']; // told by functions of the catalogue
  const words = [...Object.keys(catalogue), ...Object.keys(reasons), ...Object.keys(conflictReasons)];
  const unused = words.filter((word) => !helpers.includes(word) && !source.includes(`'${word}'`));
  assert.deepEqual(unused, []);
});
