/** The middle of several values, and how far they went. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [low = NaN, high = NaN] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  return { median: (low + high) / 2, least: sorted[0] ?? NaN, most: sorted.at(-1) ?? NaN };
}

/** Each round's ratio: what slows the machine down for a while slows down both sides of one. */
export function ratiosOf(values: readonly number[], others: readonly number[]): Spread {
  if (values.length !== others.length) throw new RangeError("a ratio needs both sides of each round");
  return spreadOf(values.map((value, round) => value / (others[round] as number)));
}

/** Seconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}
