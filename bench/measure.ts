import { readdir, readFile } from 'node:fs/promises';

/**
 * Runs A and B in turn, `pairs` times (A B A B ...), so that whatever else the machine does hits both alike.
 * `run` is 0, 1, ... and never the same twice, for what must not be repeated between runs.
 */
export async function interleaved<A, B>(
  pairs: number,
  a: (run: number) => Promise<A>,
  b: (run: number) => Promise<B>,
): Promise<{ a: A[]; b: B[] }> {
  const results: { a: A[]; b: B[] } = { a: [], b: [] };
  for (let pair = 0; pair < pairs; pair++) {
    results.a.push(await a(2 * pair));
    results.b.push(await b(2 * pair + 1));
  }
  return results;
}

/** The middle value, of an even number the mean of the middle two; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((x, y) => x - y);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? NaN;
  return Number.isInteger(middle) ? ((sorted[middle - 1] ?? NaN) + upper) / 2 : upper;
}

/** The clock ticks of /proc are 1/100 s on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/**
 * Processor seconds that a process has used. `family` adds its children, dead and alive: a PostgreSQL server is one
 * process per connection. Undefined where there is no /proc.
 */
export async function cpuSeconds(pid: number, family = false): Promise<number | undefined> {
  const own = await readStat(pid);
  if (own === undefined) return undefined;
  let ticks = own.ticks;
  if (family) {
    ticks += own.childTicks;
    for (const name of await readdir('/proc')) {
      const child = /^\d+$/.test(name) ? await readStat(Number(name)) : undefined;
      if (child?.parent === pid) ticks += child.ticks;
    }
  }
  return ticks / TICKS_PER_SECOND;
}

/** Processor seconds that all processes of the machine have used. Undefined where there is no /proc. */
export async function machineCpuSeconds(): Promise<number | undefined> {
  const text = await readFile('/proc/stat', 'utf8').catch(() => '');
  const [user, nice, system, , , irq, softirq] =
    text.split('\n', 1)[0]?.split(/\s+/).slice(1).map(Number) ?? [];
  const ticks = [user, nice, system, irq, softirq].reduce<number>((sum, part) => sum + (part ?? NaN), 0);
  return text === '' ? undefined : ticks / TICKS_PER_SECOND;
}

async function readStat(pid: number) {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  if (text === '') return undefined;
  // The name, in brackets, may itself hold spaces and brackets; what counts comes after the last one.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3]); // numbered as in proc(5), where the state is 3
  return {
    parent: field(4),
    ticks: field(14) + field(15),
    childTicks: field(16) + field(17),
  };
}

/** Memory of a process now and at its highest, in MB (10^6 bytes). Undefined where there is no /proc. */
export async function memory(pid: number): Promise<{ rssMb: number; peakMb: number } | undefined> {
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const megabytes = (field: string) =>
    (Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? NaN) * 1_024) / 1e6;
  return text === '' ? undefined : { rssMb: megabytes('VmRSS'), peakMb: megabytes('VmHWM') };
}

/** Rounded for a report: three figures that mean something. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
