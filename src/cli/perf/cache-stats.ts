import type { Config } from '../../config.ts';
import type { Recent } from '../../platform/metrics.ts';
import { reasonOf, Refusal } from '../../platform/refusal.ts';
import { outputWidth } from '../fill.ts';
import { sizeText, tableLines, type Column } from './table.ts';

type Area = Recent['caches'][number];
type Shared = Recent['shared'][number];

const ANSWER_TIMEOUT_MS = 5_000;

const COLUMNS: readonly Column<Area>[] = [
  { title: 'cache', text: ({ cache }) => cache },
  { title: 'hits', text: ({ hits }) => String(hits), isFigure: true },
  { title: 'misses', text: ({ misses }) => String(misses), isFigure: true },
  { title: 'rate', text: rateText, isFigure: true },
  { title: 'loads', text: ({ loads }) => String(loads), isFigure: true },
  { title: 'waits', text: ({ waits }) => String(waits), isFigure: true },
  { title: 'evicted', text: ({ evictions }) => String(evictions), isFigure: true },
  { title: 'entries', text: ({ entries }) => String(entries), isFigure: true },
  { title: 'size', text: ({ bytes }) => sizeText(bytes), isFigure: true },
];

const SHARED_COLUMNS: readonly Column<Shared>[] = [
  { title: 'in Redis', text: ({ cache }) => cache },
  { title: 'hits', text: ({ hits }) => String(hits), isFigure: true },
  { title: 'misses', text: ({ misses }) => String(misses), isFigure: true },
  { title: 'rate', text: sharedRateText, isFigure: true },
  { title: 'outdated', text: ({ outdated }) => String(outdated), isFigure: true },
  { title: 'garbage', text: ({ garbage }) => String(garbage), isFigure: true },
  { title: 'errors', text: ({ errors }) => String(errors), isFigure: true },
  { title: 'p50 ms', text: ({ p50Ms }) => timeText(p50Ms), isFigure: true },
  { title: 'p95 ms', text: ({ p95Ms }) => timeText(p95Ms), isFigure: true },
];

/** Asks a running server what it keeps. Exit code 0; program.ts answers 2 when none could be asked. */
export async function cacheStatsCommand(
  { port, operatorToken }: Pick<Config, 'port' | 'operatorToken'>,
  { url = `http://127.0.0.1:${port}`, json }: { url?: string; json?: boolean },
): Promise<number> {
  const { caches, shared } = await recentOf(url, operatorToken);
  const lines =
    json === true ? [JSON.stringify({ caches, shared })] : plainLines(caches, shared, outputWidth());
  for (const line of lines) console.log(line);
  return 0;
}

function plainLines(caches: readonly Area[], shared: readonly Shared[], width: number): string[] {
  if (caches.length === 0) return ['The server keeps nothing yet.'];
  const lines = tableLines(COLUMNS, caches, width);
  return shared.length === 0 ? lines : [...lines, '', ...tableLines(SHARED_COLUMNS, shared, width)];
}

async function recentOf(url: string, token: string | undefined): Promise<Recent> {
  const address = URL.parse('/api/v1/health/performance', url);
  if (address === null)
    throw new Refusal(`${url} is no address of a server; give one like http://127.0.0.1:3000.`);
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await fetch(address, { headers, signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) }).catch(
    (error: unknown) => {
      throw new Refusal(
        `No server answers at ${url} (${reasonOf(error)}). Start one, or name another with --url.`,
      );
    },
  );
  if (answer.status === 401)
    throw new Refusal(
      `The server at ${url} shows this to its operator only: set OPERATOR_TOKEN to what it has.`,
    );
  if (!answer.ok)
    throw new Refusal(`The server at ${url} answers ${answer.status}: is it a Holdfast of this version?`);
  return (await answer.json()) as Recent;
}

function rateText({ hits, misses }: Pick<Area, 'hits' | 'misses'>): string {
  const asked = hits + misses;
  return asked === 0 ? '-' : `${((hits / asked) * 100).toFixed(1)} %`;
}

function sharedRateText({ hits, misses, outdated, garbage, errors }: Shared): string {
  return rateText({ hits, misses: misses + outdated + garbage + errors });
}

function timeText(ms: number | undefined): string {
  return ms === undefined ? '-' : ms.toFixed(1);
}
