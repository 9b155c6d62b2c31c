import { globSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import { withTestCluster } from './cluster.ts';
import { POSTGRESQL_15 } from './system-postgres.ts';

/**
 * `npm test [-- [--postgres 15] part-of-a-path ...]`: one PostgreSQL for all test files, each of which gets databases
 * of its own on it: the embedded one, or the system's PostgreSQL 15. Tests that need what is not installed skip themselves; their names are printed at the end, and
 * REQUIRE_ALL=1 counts them as failures.
 */
// Of each process that a test starts, half of what it costs is reading the same code again. Kept, it need not be read twice.
process.env['NODE_COMPILE_CACHE'] ??= resolve('node_modules/.cache/compiled');

const CONCURRENCY = 2; // more test files at once only fight for the cores the database needs
const TEST_TIMEOUT_MS = 120_000;

interface Skipped {
  name: string;
  why: string;
}

async function main(args: string[]): Promise<number> {
  const { values, positionals: parts } = parseArgs({
    args,
    allowPositionals: true,
    options: { postgres: { type: 'string' } },
  });
  if (values.postgres !== undefined && values.postgres !== '15') {
    console.error('--postgres takes 15, the oldest that is supported; without it the embedded one is used.');
    return 2;
  }
  const files = testFiles(parts, values.postgres === undefined);
  if (files.length === 0) {
    console.error(`No test file matches ${parts.join(' ')}.`);
    return 1;
  }
  return withTestCluster(() => runFiles(files), values.postgres && POSTGRESQL_15);
}

/** What brings a PostgreSQL of its own, needs none or is about the server in front of it, and so is the same whatever the others run on. */
const SAME_ON_ALL = [
  ...['test/chaos/', 'test/faults/', 'test/lifecycle.', 'test/oldest-postgresql.', 'test/simulator/'],
  ...['src/platform/embedded/', 'src/platform/replica.', 'src/platform/cache/redis.'],
  ...['test/export-memory.', 'test/fuzz.', 'test/architecture.', 'bench/'],
];

function testFiles(parts: readonly string[], onEmbedded: boolean): string[] {
  const found = globSync(['src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.ts']).sort();
  const all = onEmbedded ? found : found.filter((file) => !SAME_ON_ALL.some((part) => file.includes(part)));
  return parts.length === 0 ? all : all.filter((file) => parts.some((part) => file.includes(part)));
}

async function runFiles(files: string[]): Promise<number> {
  const skipped: Skipped[] = [];
  let failed = 0;
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const tests = run({
    files,
    concurrency: CONCURRENCY,
    timeout: TEST_TIMEOUT_MS,
    signal: stop.signal,
  });
  tests.on('test:fail', () => (failed += 1));
  tests.on('test:pass', ({ name, skip }) => {
    if (skip !== undefined && skip !== false)
      skipped.push({ name, why: typeof skip === 'string' ? skip : '' });
  });
  const took: { file: string; ms: number }[] = [];
  tests.on('test:summary', ({ file, duration_ms: ms }) => {
    if (file !== undefined) took.push({ file, ms });
  });
  const report = tests.compose(new spec());
  report.pipe(process.stdout, { end: false });
  await finished(report);
  printSlowest(took);
  return verdict(failed > 0 || stop.signal.aborted, skipped);
}

/** CI has a budget: where its minutes go should not have to be looked for. */
function printSlowest(took: { file: string; ms: number }[]): void {
  took.sort((one, other) => other.ms - one.ms);
  console.log('Slowest files:');
  for (const { file, ms } of took.slice(0, 10))
    console.log(`  ${(ms / 1_000).toFixed(1).padStart(6)} s  ${relative(process.cwd(), file)}`);
}

function verdict(failed: boolean, skipped: readonly Skipped[]): number {
  const allRequired = process.env['REQUIRE_ALL'] === '1';
  if (skipped.length > 0) {
    console.log(`Skipped${allRequired ? ' although REQUIRE_ALL=1' : ''}:`);
    for (const { name, why } of skipped) console.log(`  ${name}${why === '' ? '' : ` (${why})`}`);
  }
  return failed || (allRequired && skipped.length > 0) ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
