import { existsSync } from "node:fs";
import type { Host } from "../host/host";
import { storePathName, type StorePath } from "../values";
import { packagesAmong, type Packages } from "./package-name";
import { closureIn, pathInfos, type PathInfo, type PathInfos } from "./path-info";

/** What a reviewer wants to know of a path: what is in its runtime closure. */
export interface Contents {
  readonly packages: Packages;
  /** Bytes. */
  readonly closureSize: number;
}

/** The contents of a path, if its whole closure is among the infos. */
export function contentsIn(infos: PathInfos, root: StorePath): Contents | undefined {
  const closure = closureIn(infos, root);
  return closure && contentsOf(closure);
}

export function contentsOf(closure: ReadonlyMap<StorePath, Pick<PathInfo, "narSize">>): Contents {
  return { packages: packagesAmong(namesOf(closure.keys())), closureSize: sizeOf(closure.values()) };
}

function* namesOf(paths: Iterable<StorePath>): Iterable<string> {
  for (const path of paths) yield storePathName(path);
}

export function sizeOf(infos: Iterable<Pick<PathInfo, "narSize">>): number {
  let bytes = 0;
  for (const { narSize } of infos) bytes += narSize;
  return bytes;
}

// What is valid stays what it is, and so this process asks once: for the packages of one path on fifty machines, and for
// what would travel to each of them.
const closures = new Map<StorePath, Promise<ReadonlyMap<StorePath, PathInfo> | undefined>>();
const known = new Map<StorePath, Contents>();

/** Hands on what was found out about a path elsewhere, so that nobody has to ask again. */
export function rememberContents(path: StorePath, contents: Contents): void {
  known.set(path, contents);
}

/** The contents of a path that this process was told of, or that are in the machine's own store; else undefined. */
export async function knownContents(controller: Host, path: StorePath): Promise<Contents | undefined> {
  const told = known.get(path);
  if (told !== undefined) return told;
  const closure = await closureHere(controller, path);
  const contents = closure && contentsOf(closure);
  if (contents !== undefined) known.set(path, contents);
  return contents;
}

/** The closure of a path in this machine's store; undefined when it is not there. */
export async function closureHere(
  controller: Host,
  path: StorePath,
): Promise<ReadonlyMap<StorePath, PathInfo> | undefined> {
  if (!existsSync(path)) return undefined;
  const asked = closures.get(path) ?? askHere(controller, path);
  closures.set(path, asked);
  const found = await asked;
  if (found === undefined) closures.delete(path);
  return found;
}

/** What lies in the store's folder need not be valid: a build that was cut off leaves it behind. */
async function askHere(
  controller: Host,
  path: StorePath,
): Promise<ReadonlyMap<StorePath, PathInfo> | undefined> {
  try {
    return closureIn(await pathInfos(controller, [path]), path);
  } catch {
    return undefined;
  }
}
