/** A store path's name as Nix takes it apart. */
export interface PackageName {
  readonly name: string;
  /** Undefined when the name tells none. */
  readonly version: string | undefined;
}

/**
 * The name up to the first dash that no letter follows, and the version behind it (Nix,
 * src/libstore/names.cc: DrvName).
 */
export function parseDrvName(text: string): PackageName {
  const at = text.search(/-(?=[^A-Za-z])/);
  return at < 0
    ? { name: text, version: undefined }
    : { name: text.slice(0, at), version: text.slice(at + 1) };
}

// The outputs that nixpkgs gives its packages beside `out`. They belong to the version, as Nix takes a name apart.
const outputNames = [
  "bin",
  "debug",
  "dev",
  "devdoc",
  "devman",
  "dist",
  "doc",
  "getent",
  "info",
  "lib",
  "libgcc",
  "login",
  "man",
  "modules",
  "mount",
  "out",
  "static",
  "swap",
  "terminfo",
  "tools",
];
const outputSuffix = new RegExp(`-(${outputNames.join("|")})$`);

/** The package that a store path is an output of: `openssl-3.0.1-dev` is openssl, 3.0.1. */
export function packageOf(storePathName: string): PackageName {
  const { name, version } = parseDrvName(storePathName);
  return { name, version: version?.replace(outputSuffix, "") };
}

/** Package names with their versions: `"1.2"`, or several in their order, `"1.9, 1.10"`. */
export type Packages = Record<string, string>;

/** The packages among the names of store paths. What has no version (a script, a unit) is none. */
export function packagesAmong(storePathNames: Iterable<string>): Packages {
  const found = new Map<string, Set<string>>();
  for (const text of storePathNames) {
    const { name, version } = packageOf(text);
    if (version !== undefined) found.set(name, (found.get(name) ?? new Set()).add(version));
  }
  const sorted = [...found].sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(
    sorted.map(([name, versions]) => [name, [...versions].sort(byNumbers).join(", ")]),
  );
}

let collator: Intl.Collator | undefined;

/** 1.9 before 1.10, the same on every machine. */
function byNumbers(one: string, other: string): number {
  // When it is first needed: it takes 10 ms, and most programs compare no versions.
  collator ??= new Intl.Collator("en", { numeric: true });
  return collator.compare(one, other) || (one < other ? -1 : 1);
}

/** Lines that tell one package map from another as a diff does. */
export function packageChanges(before: Packages, after: Packages): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name) => {
    const [was, is] = [before[name], after[name]];
    if (was === is) return [];
    if (was === undefined) return [`+ ${name}: ${is ?? ""}`];
    return is === undefined ? [`- ${name}: ${was}`] : [`~ ${name}: ${was} => ${is}`];
  });
}
