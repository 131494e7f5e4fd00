/** Orders versions as Nix does (`builtins.compareVersions`): 1.9 < 1.10, 2.0pre1 < 2.0. Negative: the first is older. */
export function compareVersions(one: string, other: string): number {
  const ours = componentsOf(one);
  const theirs = componentsOf(other);
  for (let index = 0; index < Math.max(ours.length, theirs.length); index++) {
    const order = compareComponents(ours[index] ?? "", theirs[index] ?? "");
    if (order !== 0) return order;
  }
  return 0;
}

function componentsOf(version: string): string[] {
  return version.match(/\d+|[^\d.-]+/g) ?? [];
}

function compareComponents(one: string, other: string): number {
  if (one === other) return 0;
  if (isNumber(one) && isNumber(other)) return Number(one) - Number(other);
  return rank(one) - rank(other) || (one < other ? -1 : 1);
}

/** `pre` stands before the end of a version, a word before a number. */
function rank(component: string): number {
  if (component === "pre") return 0;
  if (component === "") return 1;
  return isNumber(component) ? 3 : 2;
}

function isNumber(component: string): boolean {
  return /^\d+$/.test(component);
}
