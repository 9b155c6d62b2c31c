import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { carryOut, type Result } from './carry-out.ts';
import { controls, takeGuardOut, uncontrolled, type Controlled } from './controls.ts';
import { rows } from './matrix.ts';
import type { FaultRow } from './row.ts';

/**
 * `npm run test:faults [-- [--controls] F3 ...]`: each row injects its fault under load, heals it, and looks at what everybody was
 * told and at the database. As root it runs in network and mount namespaces of its own, so that nothing it does to the
 * network or to disks reaches the machine. With `--controls` each row is run with its guard taken out, and must go red.
 */
const INSIDE = 'HOLDFAST_FAULTS_INSIDE';

async function main(args: string[]): Promise<number> {
  const { values, positionals: names } = parseArgs({
    args,
    allowPositionals: true,
    options: { controls: { type: 'boolean', default: false } },
  });
  const unknown = names.filter((name) => !rows.some((row) => row.name === name));
  if (unknown.length > 0) {
    console.error(`There is no row ${unknown.join(', ')}. There are:`);
    for (const { name, fault } of rows) console.error(`  ${name}: ${fault}`);
    return 1;
  }
  if (process.getuid?.() === 0 && process.env[INSIDE] === undefined) return await inside(args);
  const isNamed = ({ name }: FaultRow) => names.length === 0 || names.includes(name);
  return values.controls ? runControls(isNamed) : runRows(isNamed);
}

async function runRows(isNamed: (row: FaultRow) => boolean): Promise<number> {
  const results: Result[] = [];
  for (const row of rows.filter(isNamed)) {
    const result = await carryOut(row);
    results.push(result);
    console.log(line(result));
    for (const each of result.broken) console.log(`      ${each}`);
  }
  console.log(`\n${table(results)}`);
  return results.some(({ broken }) => broken.length > 0) ? 1 : 0;
}

async function runControls(isNamed: (row: FaultRow) => boolean): Promise<number> {
  const results: Controlled[] = [];
  for (const control of controls.filter(({ row }) => isNamed(row))) {
    const controlled = await takeGuardOut(control);
    results.push(controlled);
    console.log(`${control.row.name.padEnd(5)} without ${control.without}: ${controlled.verdict}`);
    for (const each of controlled.complaints) console.log(`      ${each}`);
  }
  for (const row of rows.filter(isNamed))
    if (uncontrolled[row.name] !== undefined)
      console.log(`${row.name.padEnd(5)} has no control: ${uncontrolled[row.name]}`);
  console.log(`\n${controlsTable(results)}`);
  return results.some(({ verdict }) => verdict === 'NOT SEEN') ? 1 : 0;
}

function controlsTable(results: readonly Controlled[]): string {
  const lines = results.map(
    ({ control: { row, without }, complaints, verdict }) =>
      `| ${[row.name, without, complaints[0] ?? '', verdict].join(' | ')} |`,
  );
  return ['| row | guard taken out | what was seen | verdict |', '| --- | --- | --- | --- |', ...lines].join(
    '\n',
  );
}

/** A process namespace too: when the run is cut off, nothing that it started lives on. */
async function inside(args: readonly string[]): Promise<number> {
  const script = `ip link set lo up; exec "$0" "$@"`;
  const apart = ['--net', '--mount-proc', '--pid', '--fork', '--kill-child'];
  const command = [...apart, 'sh', '-c', script, process.execPath, import.meta.filename, ...args];
  const env = { ...process.env, [INSIDE]: '1', NODE_ENV: 'test' };
  const child = spawn('unshare', command, { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill('SIGKILL'));
  const [status] = (await once(child, 'exit')) as [number | null];
  return status ?? 1;
}

function line({ row, missing, broken }: Result): string {
  const verdict =
    missing !== undefined ? `not run: ${missing}` : broken.length > 0 ? 'BROKEN' : 'as it must be';
  return `${row.name.padEnd(5)} ${row.fault}: ${verdict}`;
}

function table(results: readonly Result[]): string {
  const head =
    '| row | fault | acknowledged | refused | unknown | lost | outage ms | p99 ms | longest ms | verdict |';
  const rule = '| --- | --- | --: | --: | --: | --: | --: | --: | --: | --- |';
  const lines = results.map(({ row, figures, missing, broken }) => {
    const f = figures;
    const numbers = f
      ? [f.acknowledged, f.refused, f.unknown, f.findings.lost.length, f.outageMs, f.p99Ms, f.longestMs]
      : Array(7).fill('');
    const verdict = missing !== undefined ? 'not run' : broken.length > 0 ? 'BROKEN' : 'ok';
    return `| ${[row.name, row.fault, ...numbers, verdict].join(' | ')} |`;
  });
  return [head, rule, ...lines].join('\n');
}

process.exitCode = await main(process.argv.slice(2));
