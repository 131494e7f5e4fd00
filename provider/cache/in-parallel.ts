/**
 * Does the same with every item, so many at a time, and gives the results in the items' order. The first failure is
 * thrown once what was begun has ended; nothing is begun after it.
 */
export async function inParallel<Item, Result>(
  atATime: number,
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        results[index] = await work(items[index] as Item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(atATime, items.length) }, lane));
  for (const outcome of lanes) if (outcome.status === "rejected") throw outcome.reason;
  return results;
}
