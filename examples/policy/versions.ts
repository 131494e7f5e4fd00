/** Which version is older, by Nix's own rules (`builtins.compareVersions`): negative when the first one is. */
export function compareVersions(one: string, other: string): number {
  const [ones, others] = [partsOf(one), partsOf(other)];
  for (let at = 0; at < Math.max(ones.length, others.length); at++) {
    const [a, b] = [ones[at] ?? "", others[at] ?? ""];
    if (isBefore(a, b)) return -1;
    if (isBefore(b, a)) return 1;
  }
  return 0;
}

/** `3.0.2k-pre1` has the parts 3, 0, 2, k, pre, 1. */
function partsOf(version: string): string[] {
  return version.match(/\d+|[^\d.-]+/g) ?? [];
}

function isBefore(a: string, b: string): boolean {
  const [numberA, numberB] = [/^\d/.test(a), /^\d/.test(b)];
  if (numberA && numberB) return Number(a) < Number(b);
  if (a === "pre" || b === "pre") return a === "pre" && b !== "pre";
  if (numberA !== numberB) return numberB;
  return a < b;
}
