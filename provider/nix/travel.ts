import type { Host } from "../host/host";
import { storePathName, type StorePath } from "../values";
import { sizeOf } from "./contents";
import type { PathInfo } from "./path-info";

/**
 * How much a copy would send, for a preview: `would copy 14 of 80 paths, 61.2 MiB, to web1`. The machine is asked which
 * paths it lacks, in one command, and only when it is known what the closure is.
 */
export async function tellTravel(
  closureOf: (path: StorePath) => Promise<ReadonlyMap<StorePath, PathInfo> | undefined>,
  host: () => Promise<Host>,
  as: string | undefined,
  paths: readonly StorePath[],
  name: string,
): Promise<string> {
  const closure = new Map<StorePath, PathInfo>();
  for (const path of paths) {
    const found = await closureOf(path);
    if (found === undefined)
      return `how much would be copied to ${name} is known when ${storePathName(path)} is here`;
    for (const [one, info] of found) closure.set(one, info);
  }
  const target = await host();
  const missing = await lackingOn(target, [...closure.keys()], as);
  if (missing.length === 0) return `would copy nothing: ${countOf(closure.size)} on ${target.name} already`;
  const bytes = sizeOf(missing.flatMap((path) => closure.get(path) ?? []));
  const size = (bytes / 2 ** 20).toFixed(1);
  return `would copy ${missing.length} of ${closure.size} paths, ${size} MiB, to ${target.name}`;
}

function countOf(paths: number): string {
  return paths === 1 ? "the path is" : `all ${paths} paths are`;
}

/** By standard input: a closure may be longer than an argument list. */
async function lackingOn(
  host: Host,
  paths: readonly StorePath[],
  as: string | undefined,
): Promise<StorePath[]> {
  const { stdout } = await host.run(["xargs", "nix-store", "--check-validity", "--print-invalid"], {
    doing: "asking which paths are missing there",
    as,
    input: paths.join("\n"),
  });
  const said = new Set(stdout.split("\n"));
  return paths.filter((path) => said.has(path));
}
