/**
 * Runs `work` on every item, at most `width` at a time, in order of the items. After a failure nothing new is begun;
 * rejects with the first one.
 */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const entries = items.entries(); // one iterator that all take from
  let failed = false;
  const runner = async () => {
    for (const [index, item] of entries) {
      if (failed) return;
      await work(item, index).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, runner));
}
