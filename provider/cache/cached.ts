import { RefusedError } from "../errors";
import type { StorePath } from "../values";
import { inParallel } from "./in-parallel";
import { narInfoKey, parseNarInfo, type NarInfo } from "./nar-info";
import { readText, type ObjectStore } from "./object-store";

/** What the cache says of a path; undefined when it says nothing. */
export async function cachedPath(store: ObjectStore, path: StorePath): Promise<NarInfo | undefined> {
  const key = narInfoKey(path);
  const text = await readText(store, key);
  if (text === undefined) return undefined;
  try {
    return parseNarInfo(text, path);
  } catch (cause) {
    const happened = `what it says of ${path} is not understood: ${(cause as Error).message}`;
    throw new RefusedError({ doing: `reading ${key}`, host: store.name, happened, cause });
  }
}

/** What the cache says of each of the paths. */
export async function cachedPaths(
  store: ObjectStore,
  paths: readonly StorePath[],
  atATime: number,
): Promise<Map<StorePath, NarInfo>> {
  const found = await inParallel(atATime, paths, (path) => cachedPath(store, path));
  return new Map(found.filter((info) => info !== undefined).map((info) => [info.path, info]));
}

/** Whoever tidies a cache by age or by hand may leave what is told of a path without its archive. */
export async function hasArchive(store: ObjectStore, { url }: NarInfo): Promise<boolean> {
  return (await store.look(url)) !== undefined;
}

/** What the cache says of those of the paths whose archives it has. */
export async function heldPaths(
  store: ObjectStore,
  paths: readonly StorePath[],
  atATime: number,
): Promise<Map<StorePath, NarInfo>> {
  return withArchives(store, await cachedPaths(store, paths, atATime), atATime);
}

async function withArchives(
  store: ObjectStore,
  infos: ReadonlyMap<StorePath, NarInfo>,
  atATime: number,
): Promise<Map<StorePath, NarInfo>> {
  const told = [...infos];
  const held = await inParallel(atATime, told, ([, info]) => hasArchive(store, info));
  return new Map(told.filter((_, index) => held[index]));
}

/** The closure of a path as the cache has it, and what of it is not there. */
export interface CachedClosure {
  readonly found: ReadonlyMap<StorePath, NarInfo>;
  readonly missing: readonly StorePath[];
}

/** Follows the references that the cache itself tells. */
export async function cachedClosure(
  store: ObjectStore,
  paths: readonly StorePath[],
  atATime: number,
): Promise<CachedClosure> {
  const found = new Map<StorePath, NarInfo>();
  const missing: StorePath[] = [];
  const seen = new Set(paths);
  for (let open = [...seen]; open.length > 0;) {
    const infos = await cachedPaths(store, open, atATime);
    missing.push(...open.filter((path) => !infos.has(path)));
    for (const [path, info] of infos) found.set(path, info);
    open = [...infos.values()].flatMap(({ references }) => references).filter(isNew(seen));
  }
  return { found, missing };
}

/** The same, where a path whose archive is lost is not there. */
export async function heldClosure(
  store: ObjectStore,
  paths: readonly StorePath[],
  atATime: number,
): Promise<CachedClosure> {
  const { found: told, missing } = await cachedClosure(store, paths, atATime);
  const found = await withArchives(store, told, atATime);
  return { found, missing: [...missing, ...[...told.keys()].filter((path) => !found.has(path))] };
}

function isNew(seen: Set<StorePath>): (path: StorePath) => boolean {
  return (path) => seen.size < seen.add(path).size;
}
