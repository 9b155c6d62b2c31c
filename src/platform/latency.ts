import { cumulative, type Histogram } from './histogram.ts';

/** The cumulative counts of a histogram's series, by the key that they are added together under. */
export type Counts = ReadonlyMap<string, readonly number[]>;

/** How often something was done and how long it took; the times are undefined when it was not done at all. */
export interface Latency {
  count: number;
  p50Ms: number | undefined;
  p95Ms: number | undefined;
  p99Ms: number | undefined;
}

/** The counts of a histogram at this moment, with series of the same key added together. */
export function countsOf(histogram: Histogram, keyOf: (labels: readonly string[]) => string): Counts {
  const counts = new Map<string, readonly number[]>();
  for (const series of histogram.series()) {
    const key = keyOf(series.labels);
    const others = counts.get(key);
    counts.set(
      key,
      cumulative(series.counts).map((count, i) => count + (others?.[i] ?? 0)),
    );
  }
  return counts;
}

/** What was added between two moments, without the series to which nothing was. */
export function addedSince(now: Counts, before: Counts): Counts {
  const added = new Map<string, readonly number[]>();
  for (const [key, counts] of now) {
    const old = before.get(key);
    const more = counts.map((count, i) => count - (old?.[i] ?? 0));
    if ((more.at(-1) ?? 0) > 0) added.set(key, more);
  }
  return added;
}

/** The latency over all these series together; `thresholds` are in seconds. */
export function latencyOf(thresholds: readonly number[], series: Iterable<readonly number[]>): Latency {
  const all = [...series];
  const total = Array.from({ length: thresholds.length + 1 }, (_, i) =>
    all.reduce((sum, counts) => sum + (counts[i] ?? 0), 0),
  );
  const at = (share: number) => quantileMs(thresholds, total, share);
  return { count: total.at(-1) ?? 0, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
}

/** The `most` series whose slow calls are the slowest. */
export function slowest(thresholds: readonly number[], counts: Counts, most: number): [string, Latency][] {
  return [...counts]
    .map(([key, of]): [string, Latency] => [key, latencyOf(thresholds, [of])])
    .sort(([, a], [, b]) => (b.p95Ms ?? 0) - (a.p95Ms ?? 0) || b.count - a.count)
    .slice(0, most);
}

/**
 * The value below which that share lies, as if values lay evenly between two thresholds; past the last threshold the
 * histogram knows no more, and the answer is that threshold.
 */
function quantileMs(
  thresholds: readonly number[],
  cumulative: readonly number[],
  share: number,
): number | undefined {
  const wanted = (cumulative.at(-1) ?? 0) * share;
  if (wanted === 0) return undefined;
  const bucket = cumulative.findIndex((count) => count >= wanted);
  const upper = thresholds[bucket];
  if (upper === undefined) return (thresholds.at(-1) ?? 0) * 1_000;
  const lower = thresholds[bucket - 1] ?? 0;
  const below = cumulative[bucket - 1] ?? 0;
  const inside = (cumulative[bucket] ?? 0) - below;
  return Number(((lower + ((upper - lower) * (wanted - below)) / inside) * 1_000).toFixed(2));
}
