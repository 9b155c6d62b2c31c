import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { LoadMessage, LoadOrder, LoadReport } from './load.ts';
import { cpuSeconds, machineCpuSeconds } from './measure.ts';

/** Processes whose work a run is charged with; `family` for a server that is many processes. */
export type Watched = Readonly<Record<string, { pid: number; family?: boolean }>>;

/**
 * Cores that each process kept busy while the figures were taken; a process that cannot be seen has none. `machine` is
 * everything that ran: what it has more than the others together was taken by strangers.
 */
export type Cores = Readonly<Record<string, number>>;

/** Makes the load in a process of its own and reports it with the processor time of everybody involved. */
export async function generate(order: LoadOrder, watched: Watched): Promise<LoadReport & { cores: Cores }> {
  const child = fork(new URL('load.ts', import.meta.url));
  const all = { generator: { pid: child.pid ?? NaN }, ...watched };
  let begun: Promise<Snapshot> | undefined;
  let ended: Promise<Snapshot> | undefined;
  let report: LoadReport | undefined;
  child.on('message', (message: LoadMessage) => {
    if ('report' in message) report = message.report;
    else if (message.phase === 'measuring') begun = snapshot(all);
    else ended = snapshot(all);
  });
  child.send(order);
  await once(child, 'exit');
  if (report === undefined || begun === undefined || ended === undefined)
    throw new Error('the load generator ended without a report');
  return { ...report, cores: coresBetween(await begun, await ended) };
}

interface Snapshot {
  readonly at: number;
  readonly seconds: Readonly<Record<string, number | undefined>>;
}

async function snapshot(watched: Watched): Promise<Snapshot> {
  const at = performance.now() / 1_000;
  const looks = Object.entries(watched).map(
    async ([name, { pid, family }]) => [name, await cpuSeconds(pid, family)] as const,
  );
  const seconds = Object.fromEntries(await Promise.all(looks));
  return { at, seconds: { ...seconds, machine: await machineCpuSeconds() } };
}

function coresBetween(from: Snapshot, to: Snapshot): Cores {
  const cores: Record<string, number> = {};
  for (const [name, seconds] of Object.entries(to.seconds)) {
    const before = from.seconds[name];
    if (seconds !== undefined && before !== undefined)
      cores[name] = Number(((seconds - before) / (to.at - from.at)).toFixed(2));
  }
  return cores;
}
