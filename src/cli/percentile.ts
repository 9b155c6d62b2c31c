/** The value below which the share `q` (0 to 1) of the samples lies, by nearest rank; NaN without samples. */
export function percentile(samples: readonly number[], q: number): number {
  const sorted = Float64Array.from(samples).toSorted();
  return sorted[Math.max(Math.ceil(q * sorted.length) - 1, 0)] ?? NaN;
}
