/** A line of a text diff: kept, or on one side only; undefined stands for lines that are the same and left out. */
export type DiffLine = { readonly side: "both" | "was" | "is"; readonly text: string } | undefined;

/** Lines that differ, with some around them that do not, of two texts that are not the same. */
export function textDiff(was: string, is: string, around = 3): DiffLine[] {
  return withoutDistant(lineDiff(linesOf(was), linesOf(is)), around);
}

function linesOf(text: string): string[] {
  const lines = text.split("\n");
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
}

type Line = NonNullable<DiffLine>;

function lineDiff(was: readonly string[], is: readonly string[]): Line[] {
  const start = sameAtStart(was, is);
  const end = sameAtStart(was.slice(start).reverse(), is.slice(start).reverse());
  const middle = differing(was.slice(start, was.length - end), is.slice(start, is.length - end));
  const tail = end === 0 ? [] : is.slice(-end);
  return [...lines("both", is.slice(0, start)), ...middle, ...lines("both", tail)];
}

function sameAtStart(one: readonly string[], other: readonly string[]): number {
  let count = 0;
  while (count < one.length && count < other.length && one[count] === other[count]) count++;
  return count;
}

// Of texts whose comparison would take long all lines count as different.
const mostComparisons = 4_000_000;

/** By the longest common subsequence. */
function differing(was: readonly string[], is: readonly string[]): Line[] {
  if (was.length * is.length > mostComparisons) return [...lines("was", was), ...lines("is", is)];
  const common = commonLengths(was, is);
  const diff: Line[] = [];
  let [i, j] = [0, 0];
  while (i < was.length || j < is.length) {
    if (i < was.length && was[i] === is[j]) {
      diff.push(...lines("both", was.slice(i, ++i)));
      j++;
    } else if (j >= is.length || (i < was.length && at(common, i + 1, j) >= at(common, i, j + 1))) {
      diff.push(...lines("was", was.slice(i, ++i)));
    } else diff.push(...lines("is", is.slice(j, ++j)));
  }
  return diff;
}

function commonLengths(was: readonly string[], is: readonly string[]): Uint32Array[] {
  const table = Array.from({ length: was.length + 1 }, () => new Uint32Array(is.length + 1));
  for (let i = was.length - 1; i >= 0; i--) {
    const row = table[i] as Uint32Array;
    for (let j = is.length - 1; j >= 0; j--) {
      row[j] =
        was[i] === is[j] ? at(table, i + 1, j + 1) + 1 : Math.max(at(table, i + 1, j), at(table, i, j + 1));
    }
  }
  return table;
}

function at(table: readonly Uint32Array[], i: number, j: number): number {
  return table[i]?.[j] ?? 0;
}

function lines(side: Line["side"], texts: readonly string[]): Line[] {
  return texts.map((text) => ({ side, text }));
}

function withoutDistant(diff: readonly Line[], around: number): DiffLine[] {
  const near = (index: number): boolean =>
    diff.slice(Math.max(0, index - around), index + around + 1).some(({ side }) => side !== "both");
  const kept = diff.map((line, index) => (near(index) ? line : undefined));
  return kept.filter((line, index) => line !== undefined || index === 0 || kept[index - 1] !== undefined);
}
