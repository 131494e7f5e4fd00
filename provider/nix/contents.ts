import { existsSync } from "node:fs";
import { CommandError } from "../errors";
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
const known = new Map<StorePath, Contents>();
const asked = new Map<StorePath, Promise<PathInfos>>();

/** Hands on what was found out about a path elsewhere, so that nobody has to ask again. */
export function rememberContents(path: StorePath, contents: Contents): void {
  known.set(path, contents);
}

/** The contents of a path that this process was told of, or that are in the machine's own store; else undefined. */
export async function knownContents(controller: Host, path: StorePath): Promise<Contents | undefined> {
  const told = known.get(path);
  if (told !== undefined || !existsSync(path)) return told;
  const contents = contentsIn(await (asked.get(path) ?? ask(controller, [path])), path);
  if (contents !== undefined) known.set(path, contents);
  return contents;
}

const closures = new Map<StorePath, ReadonlyMap<StorePath, PathInfo>>();

/** Hands on what the closure of a path is that comes from elsewhere, and need not be here. */
export function rememberClosure(path: StorePath, closure: ReadonlyMap<StorePath, PathInfo>): void {
  closures.set(path, closure);
}

/** The contents of a path in the store of another machine; undefined when it is not there. */
export async function contentsOn(
  host: Host,
  as: string | undefined,
  path: StorePath,
): Promise<Contents | undefined> {
  const closure = await closureOn(host, as, path);
  return closure && contentsOf(closure);
}

/** The closure of a path in the store of another machine; undefined when it is not there. */
export async function closureOn(
  host: Host,
  as: string | undefined,
  path: StorePath,
): Promise<ReadonlyMap<StorePath, PathInfo> | undefined> {
  try {
    return closureIn(await pathInfos(host, [path], { as }), path);
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}

/**
 * The closure of a path in this machine's store, or of one that this process was told of; else undefined. Whoever asks for
 * one is about to ask for those of the other builds of the run: all that this process was told of are asked for in one
 * process.
 */
export async function closureHere(
  controller: Host,
  path: StorePath,
): Promise<ReadonlyMap<StorePath, PathInfo> | undefined> {
  const told = closures.get(path);
  if (told !== undefined || !existsSync(path)) return told;
  const others = [...known.keys()].filter((one) => one !== path && !asked.has(one) && existsSync(one));
  return closureIn(await (asked.get(path) ?? ask(controller, [path, ...others])), path);
}

/** What lies in the store's folder need not be valid: a build that was cut off leaves it behind. */
function ask(controller: Host, paths: readonly StorePath[]): Promise<PathInfos> {
  const infos = pathInfos(controller, paths)
    .catch(() => pathInfos(controller, paths.slice(0, 1)))
    .catch((): PathInfos => new Map())
    .then((found) => {
      for (const path of paths) if (!found.has(path)) asked.delete(path);
      return found;
    });
  for (const path of paths) asked.set(path, infos);
  return infos;
}
