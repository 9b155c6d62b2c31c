import { availableParallelism, release, totalmem, type } from 'node:os';
import { baseline } from './baseline.ts';
import { confirm } from './confirm.ts';
import { exports } from './export.ts';
import { footprint } from './footprint.ts';
import { grid } from './grid.ts';
import { growth } from './growth.ts';
import { intervals } from './intervals.ts';
import { fanout } from './fanout.ts';
import { mixed } from './mixed.ts';
import { readCold } from './read-cold.ts';
import { readHot } from './read-hot.ts';
import { report } from './report.ts';
import type { Bench } from './result.ts';
import { rush, rushSpread } from './rush.ts';
import { scan } from './scan.ts';
import { say } from './stage.ts';

/** `npm run bench -- <name> [--quick | --huge]`: the figures as one line of JSON, everything else on standard error. */
const benches: Readonly<Record<string, Bench>> = {
  footprint,
  rush,
  'rush-spread': rushSpread,
  intervals,
  confirm,
  growth,
  'read-hot': readHot,
  'read-cold': readCold,
  mixed,
  report,
  fanout,
  grid,
  export: exports,
  scan,
  baseline,
};

/** What the figures depend on, without names of hosts or people. */
function machine() {
  const [major, minor] = release().split('.');
  return {
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1e9),
    system: `${type()} ${major}.${minor}`,
    node: process.versions.node,
  };
}

const [name = '', ...rest] = process.argv.slice(2);
const bench = benches[name];
const folder = name === 'baseline' ? rest.shift() : undefined;
if (
  bench === undefined ||
  (name === 'baseline' && (folder === undefined || folder.startsWith('--'))) ||
  rest.some((flag) => flag !== '--quick' && !(flag === '--huge' && name === 'growth'))
) {
  say(
    `Usage: npm run bench -- <${Object.keys(benches).join(' | ')}> [--quick], growth [--huge], baseline <folder> [--quick]`,
  );
  process.exitCode = 1;
} else {
  const result = await bench({ quick: rest.includes('--quick'), huge: rest.includes('--huge'), folder });
  console.log(JSON.stringify({ ...result, machine: machine() }));
  if (!result.ok) process.exitCode = 1;
}
