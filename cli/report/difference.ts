import { own, packageChanges, type Versions } from "./packages";
import type { Difference, PropertyChange, UnitChange } from "./report";
import { notKnown, type Known, type Properties } from "./run";
import { textDiff } from "./text-diff";

/** What is known of a store path from the builds of the program. */
export interface ClosureFacts {
  readonly packages: Known<Versions>;
  readonly closureSize: Known<number>;
}

export interface Surroundings {
  /** By store path: what resources that only name a path are shown with. */
  readonly facts: ReadonlyMap<string, ClosureFacts>;
  /** What the machine's units are called. */
  readonly services: ReadonlySet<string>;
  /** Properties of which the engine says that they differ. */
  readonly changed?: readonly string[];
}

/** What differs between two looks at one resource; undefined when nothing does that is worth a word. */
export function differenceOf(
  was: Properties | undefined,
  is: Properties | undefined,
  { facts, services, changed = [] }: Surroundings,
): Difference | undefined {
  const [wasPath, isPath] = [pathOf(was), pathOf(is)];
  const path = wasPath === isPath ? undefined : { was: wasPath, is: isPath };
  const sizes = { was: sizeOf(was, facts), is: sizeOf(is, facts) };
  const difference = {
    path,
    packages: packagesOf(was, is, facts, services),
    closureSize: sizes.was === sizes.is ? undefined : sizes,
    units: unitsOf(was?.units, is?.units),
    text: textOf(was, is),
    properties: propertiesOf(was, is, changed),
  };
  return isNothing(difference) ? undefined : difference;
}

function isNothing({ properties, ...others }: Difference): boolean {
  return properties.length === 0 && Object.values(others).every((one) => one === undefined);
}

/** The one that a resource is about. */
export function pathOf(properties: Properties | undefined): string | undefined {
  const { outPath, path, paths, source } = properties?.values ?? {};
  const found = outPath ?? path ?? paths ?? source;
  return found === notKnown ? "not known yet" : found;
}

function packagesOf(
  was: Properties | undefined,
  is: Properties | undefined,
  facts: Surroundings["facts"],
  services: ReadonlySet<string>,
): Difference["packages"] {
  const before = was?.packages ?? factsOf(was, facts)?.packages;
  const after = is?.packages ?? factsOf(is, facts)?.packages;
  if (before === undefined && after === undefined) return undefined;
  if (is === undefined) return undefined; // Of what goes, nothing stays.
  // One that is there and not told of would look as if all its packages were new.
  if (isUntold(is, after)) return after === notKnown ? "not built" : "not told";
  if (isUntold(was, before)) return "not known before";
  const changes = packageChanges(versionsOf(before), versionsOf(after), services);
  return changes.length === 0 ? undefined : changes;
}

/** Of what is not there yet there are none. */
function versionsOf(packages: Known<Versions>): Versions {
  return packages === undefined || packages === notKnown ? {} : packages;
}

function isUntold(properties: Properties | undefined, packages: Known<Versions>): boolean {
  return packages === notKnown || (properties !== undefined && packages === undefined);
}

function factsOf(properties: Properties | undefined, facts: Surroundings["facts"]): ClosureFacts | undefined {
  // What is wrong with a path says nothing about its closure (provider/observed.ts).
  return facts.get((pathOf(properties) ?? "").replace(/^[a-z ]+: /, ""));
}

function sizeOf(properties: Properties | undefined, facts: Surroundings["facts"]): number | undefined {
  const size = properties?.closureSize ?? factsOf(properties, facts)?.closureSize;
  return size === notKnown ? undefined : size;
}

function unitsOf(was: Known<Versions>, is: Known<Versions>): Difference["units"] {
  if (is === notKnown) return "not built";
  if (was === notKnown) return "not known before";
  // On a first activation all would be new: then it is the machine's first answer that counts.
  if (is === undefined || was === undefined) return undefined;
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])].sort();
  const units = names.flatMap((name): UnitChange[] => {
    const [before, after] = [own(was, name), own(is, name)];
    if (before === after) return [];
    return [{ name, kind: before === undefined ? "added" : after === undefined ? "removed" : "changed" }];
  });
  return units.length === 0 ? undefined : units;
}

function textOf(was: Properties | undefined, is: Properties | undefined): Difference["text"] {
  const [before, after] = [was === undefined ? "" : was.text, is === undefined ? "" : is.text];
  // One that is there and was not told of would look as if all its lines were new.
  if (typeof before !== "string" || typeof after !== "string" || before === after) return undefined;
  return textDiff(before, after);
}

/** What is not shown as itself, or follows from what is. */
const shownElsewhere = new Set([
  "outPath",
  "path",
  "paths",
  "source",
  "packages",
  "closureSize",
  "units",
  "text",
  "sections",
  "drvPath",
  "outputs",
  "args",
  "expr",
]);

function propertiesOf(
  was: Properties | undefined,
  is: Properties | undefined,
  changed: readonly string[],
): PropertyChange[] {
  // Of what comes or goes as a whole, its properties are no changes.
  if (was === undefined || is === undefined) return [];
  const names = new Set([...Object.keys(was.digests), ...Object.keys(is.digests), ...changed]);
  return [...names]
    .filter((name) => !shownElsewhere.has(name) && !name.startsWith("__"))
    .filter((name) => was.digests[name] !== is.digests[name] || changed.includes(name))
    .map((name) => propertyChange(name, was, is));
}

function propertyChange(name: string, was: Properties, is: Properties): PropertyChange {
  const shown = name in was.values && name in is.values;
  const valueOf = ({ values }: Properties): string | undefined => {
    const value = shown ? values[name] : undefined;
    return value === notKnown ? "not known yet" : value;
  };
  return { name, shown, was: valueOf(was), is: valueOf(is) };
}
