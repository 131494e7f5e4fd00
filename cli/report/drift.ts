import type { Difference, ResourceReport } from "./report";
import type { DiffLine } from "./text-diff";

/**
 * How what is not as Pulumi left it is told: what would put it back exactly says all, from what is there to what was
 * deployed; otherwise what was found stands by itself, before what is going to be changed now.
 */
export interface DriftView {
  readonly gone: boolean;
  /** From what was deployed to what was found. */
  readonly found: Difference | undefined;
  /** Whether the change puts back what was deployed, and nothing else. */
  readonly putBack: boolean;
}

export function driftView({ drift, change }: ResourceReport): DriftView | undefined {
  if (drift === undefined) return undefined;
  if (drift === "gone") return { gone: true, found: undefined, putBack: false };
  const putBack = change !== undefined && isSame(mirrored(drift), sides(change));
  return { gone: false, found: putBack ? undefined : drift, putBack };
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** What two differences are compared by. */
function sides({ path, text, properties, packages }: Difference): unknown {
  const names = properties.map(({ name, was, is }) => [name, was, is]);
  return [path?.was, path?.is, textSides(text), names, Array.isArray(packages) ? packages.length : packages];
}

function mirrored({ path, text, properties, packages }: Difference): unknown {
  const names = properties.map(({ name, was, is }) => [name, is, was]);
  const lines = textSides(text);
  const turned = lines === undefined ? undefined : { was: lines.is, is: lines.was };
  return [path?.is, path?.was, turned, names, Array.isArray(packages) ? packages.length : packages];
}

function textSides(text: readonly DiffLine[] | undefined): { was: string[]; is: string[] } | undefined {
  if (text === undefined) return undefined;
  const of = (side: "was" | "is"): string[] =>
    text.flatMap((line) => (line?.side === side ? [line.text] : []));
  return { was: of("was"), is: of("is") };
}
