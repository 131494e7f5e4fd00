import { isLocal, type Connection } from "../connection";
import { cacheSource } from "../copy/cache-source";
import { storeSource, type ClosureSource } from "../copy/closure-source";
import type { CopyRequest } from "../copy/copy";
import { sendDirectly } from "../copy/send-directly";
import { closureHere, closureOn } from "../nix/contents";
import { derivationOf } from "../nix/known-derivations";
import type { PathInfo } from "../nix/path-info";
import { invalidAmong } from "../nix/store";
import type { Context } from "../resource";
import type { StorePath } from "../values";
import { builderOf, buildThere } from "./build-place";
import { cacheOf, type CacheInputs } from "./copy-caches";
import { keeperHere, keeperWithNix, type StoreKeeper } from "./store-keeper";

/** Where some of the wanted paths come from. */
export interface CopySource {
  readonly store: ClosureSource;
  /** The machine whose store it is; undefined of a cache. */
  readonly keeper?: StoreKeeper;
  readonly paths: StorePath[];
}

export interface SourceInputs extends CacheInputs {
  /** A machine, or the URL of a binary cache. */
  from?: Connection | string | undefined;
}

/** The machine that is copied from, if one was named. */
export function machineOf({ from }: Pick<SourceInputs, "from">): Connection | undefined {
  return typeof from === "string" ? undefined : from;
}

/**
 * Where each path comes from: the cache or the machine that was named; else this one, if it has it; else the one that
 * builds it. What is in neither is built again where it was built before, if this program knows its derivation.
 */
export async function sourcesOf(
  paths: readonly StorePath[],
  inputs: SourceInputs,
  context: Context,
): Promise<CopySource[]> {
  const url = cacheOf(inputs);
  if (url !== undefined)
    return [{ store: cacheSource(context.controller, url, inputs.credentials), paths: [...paths] }];
  const from = machineOf(inputs);
  if (from !== undefined) return [sourceAt(await keeperWithNix(from, context), paths)];
  return whereTheyAre(paths, context);
}

function sourceAt(keeper: StoreKeeper, paths: readonly StorePath[]): CopySource {
  return { keeper, store: storeSource(keeper.host, keeper.as), paths: [...paths] };
}

/** The machines that have the paths, what was not there built by now. */
export async function whereTheyAre(paths: readonly StorePath[], context: Context): Promise<CopySource[]> {
  const here = await keeperHere(context);
  const missing = new Set(await invalidAmong(here.host, paths, here));
  const valid = paths.filter((path) => !missing.has(path));
  const sources = new Map([[here.host, sourceAt(here, valid)]]);
  for (const path of missing) {
    const keeper = await madeReady(path, context);
    const source = sources.get(keeper.host) ?? sourceAt(keeper, []);
    sources.set(keeper.host, source);
    source.paths.push(path);
  }
  return [...sources.values()].filter((source) => source.paths.length > 0);
}

/** A path that was built elsewhere or collected here is built again, if this program knows its derivation. */
async function madeReady(path: StorePath, context: Context): Promise<StoreKeeper> {
  const known = derivationOf(path) ?? { drvPath: path, arguments: [] };
  const keeper = await builderOf(known, context);
  const isThere =
    known.buildOn !== undefined && (await invalidAmong(keeper.host, [path], keeper)).length === 0;
  if (!isThere) await buildThere(known, keeper, context);
  return keeper;
}

/** What a preview knows of a path: from where it would come, as far as it is there. */
export async function closureSeen(
  path: StorePath,
  from: Connection | undefined,
  context: Context,
): Promise<ReadonlyMap<StorePath, PathInfo> | undefined> {
  const here = from === undefined ? await closureHere(context.controller, path) : undefined;
  const elsewhere = from ?? derivationOf(path)?.buildOn;
  if (here !== undefined || elsewhere === undefined) return here;
  const { host, as } = await keeperWithNix(elsewhere, context);
  return closureOn(host, as, path);
}

/** Lets the machine that has the paths send them by itself; what does not arrive goes by way of this one. */
export function sendingDirectly(
  { keeper, paths }: CopySource,
  target: Connection,
  context: Context,
): CopyRequest["fetchThere"] {
  if (keeper === undefined || isLocal(target) || keeper.host === context.controller) return undefined;
  return async () => {
    const onLine = (line: string): void => context.status(line);
    const reason = await sendDirectly({ source: keeper, target, paths, onLine });
    if (reason !== undefined)
      context.log("warning", `not sent directly, so by way of this machine: ${reason}`);
  };
}
