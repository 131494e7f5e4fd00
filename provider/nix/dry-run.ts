import { readFileSync } from "node:fs";
import type { Host } from "../host/host";
import { storePathName, storePathsIn, type StorePath } from "../values";

/** What Nix would do to make some paths valid. */
export interface DryRun {
  /** Derivations that would be built. */
  readonly built: ReadonlySet<StorePath>;
  /** Paths that a substituter has. */
  readonly fetched: ReadonlySet<StorePath>;
}

/**
 * Asks Nix what realising derivations would do, its substituters included.
 * @throws TimeoutError when they do not answer within so many seconds
 */
export async function dryRun(
  host: Host,
  drvPaths: readonly StorePath[],
  args: readonly string[],
  timeout: number,
): Promise<DryRun> {
  const lines: string[] = [];
  await host.run(["nix-store", "--realise", "--dry-run", ...drvPaths, ...args], {
    doing: "asking what would have to be built",
    timeout,
    // It says this on standard error, of which `run` keeps only the end.
    onLine: (line) => lines.push(line),
  });
  return parseDryRun(lines);
}

/** Understands `these 2 derivations will be built:`, `this path will be fetched (…):` and the indented paths below. */
export function parseDryRun(lines: readonly string[]): DryRun {
  const built = new Set<StorePath>();
  const fetched = new Set<StorePath>();
  let under: Set<StorePath> | undefined;
  for (const line of lines) {
    if (/^(this|these) .* will be built:/.test(line)) under = built;
    else if (/^(this|these) .* will be fetched/.test(line)) under = fetched;
    else if (!line.startsWith("  ")) under = undefined;
    else for (const path of storePathsIn(line)) under?.add(path);
  }
  return { built, fetched };
}

/**
 * Those of the derivations to be built that one derivation needs. What is built for it is reached from it by others that
 * are, since Nix looks at the inputs of nothing else.
 */
export function builtFor(drvPath: StorePath, built: ReadonlySet<StorePath>): StorePath[] {
  const found = new Set<StorePath>();
  const open = [drvPath];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (!built.has(path) || found.has(path)) continue;
    found.add(path);
    open.push(...inputsOf(path));
  }
  return [...found];
}

function inputsOf(drvPath: StorePath): StorePath[] {
  try {
    return storePathsIn(readFileSync(drvPath, "utf8")).filter((path) => path.endsWith(".drv"));
  } catch {
    return []; // A store that others keep: then only the derivation itself is named.
  }
}

const mostNames = 8;

/** `would build 3 derivations: web-1.2, conf, www`: the one that is wanted, and those that it needs. */
export function wouldBuild(drvPaths: readonly StorePath[]): string {
  const [wanted = "", ...others] = drvPaths.map((path) => storePathName(path).replace(/\.drv$/, ""));
  const names = [wanted, ...others.sort()];
  const shown = names.slice(0, mostNames).join(", ");
  const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : "";
  return `would build ${names.length} derivation${names.length === 1 ? "" : "s"}: ${shown}${more}`;
}
