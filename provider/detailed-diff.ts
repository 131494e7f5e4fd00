import { contentNames, inputNames, type Resource } from "./resource";
import { containsUnknown, isObject, isSame, type Properties } from "./wire";

export type DifferenceKind = "add" | "delete" | "update";

/** A difference at a property path, as Pulumi writes it: `packages.nginx`, `paths[0]`, `packages["a.b"]`. */
export interface PropertyDifference {
  readonly kind: DifferenceKind;
  /** Whether the old value is the saved input, else the output. */
  readonly ofInput: boolean;
}

export type DetailedDiff = ReadonlyMap<string, PropertyDifference>;

/**
 * What a preview shows of a change: the inputs against those that the state holds, and what the new path holds against
 * what the old one did. The latter only where both are known: an update whose build was not known before has no contents
 * among its inputs, and what is not built yet has not lost all its packages.
 */
export function detailedDiff(
  resource: Resource<never, never>,
  saved: Properties,
  state: Properties,
  wanted: Properties,
  changed: readonly string[],
): DetailedDiff {
  const found = new Map<string, PropertyDifference>();
  const contents = contentNames(resource, wanted);
  for (const name of inputNames(resource)) {
    // What is there may not be what was asked for: a unit that failed is an update although no input differs.
    const ofInput =
      !contents.includes(name) && !(changed.includes(name) && isSame(saved[name], wanted[name]));
    const old = ofInput ? saved[name] : state[name];
    if (
      contents.includes(name) &&
      [old, wanted[name]].some((value) => value === undefined || containsUnknown(value))
    )
      continue;
    for (const [path, kind] of differences(name, old, wanted[name])) found.set(path, { kind, ofInput });
  }
  return found;
}

function* differences(path: string, old: unknown, wanted: unknown): Generator<[string, DifferenceKind]> {
  if (isSame(old, wanted)) return;
  if (old === undefined) yield [path, "add"];
  else if (wanted === undefined) yield [path, "delete"];
  else if (isObject(old) && isObject(wanted)) yield* objectDifferences(path, old, wanted);
  else if (Array.isArray(old) && Array.isArray(wanted)) {
    for (let at = 0; at < Math.max(old.length, wanted.length); at++)
      yield* differences(`${path}[${at}]`, old[at], wanted[at]);
  } else yield [path, "update"];
}

function* objectDifferences(
  path: string,
  old: Properties,
  wanted: Properties,
): Generator<[string, DifferenceKind]> {
  for (const key of new Set([...Object.keys(old), ...Object.keys(wanted)]))
    yield* differences(path + elementOf(key), old[key], wanted[key]);
}

function elementOf(key: string): string {
  return /^[A-Za-z_$][A-Za-z0-9_$]*$/.test(key) ? `.${key}` : `["${key.replaceAll('"', '\\"')}"]`;
}
