import { z } from "zod";
import { bytesOf, sizeSchema, type Size } from "../amounts";
import { connectionSchema, isLocal, type Connection } from "../connection";
import { requireNix } from "../host/facts";
import type { Host } from "../host/host";
import { cacheUrlSchema } from "../cache/cache-url";
import { admissions, type Destination, type Trust } from "../copy/admission";
import { cacheSource } from "../copy/cache-source";
import { storeSource, type ClosureSource } from "../copy/closure-source";
import { copyClosure, type Admission, type CopyReport } from "../copy/copy";
import { requiringSignatures } from "../copy/required-signatures";
import { mebibytes } from "../copy/progress";
import { foreseenRefusal } from "../copy/foreseen";
import { resourceId } from "../identity";
import { publicKeySchema, secretKeySchema } from "../nix/signing-keys";
import { tellTravel } from "../nix/travel";
import { flawed, meant, meantPathSchema } from "../observed";
import { requireRoom } from "../nix/room";
import { ensureRoots, removeRoots, rootedPaths } from "../nix/roots";
import { requireHere } from "../nix/require-here";
import { invalidAmong } from "../nix/store";
import type { Context, Problem, Resource } from "../resource";
import type { StorePath } from "../values";
import {
  cacheInputs,
  cacheOf,
  cacheProblems,
  fetching,
  lookIntoCache,
  tellFetching,
  type CacheInputs,
} from "./copy-caches";
import { storeKeeper, type StoreKeeper } from "./store-keeper";

export interface ClosureCopyInputs extends Trust, CacheInputs {
  connection: Connection;
  path?: StorePath | undefined;
  paths?: StorePath[] | undefined;
  freeSpace?: Size | false | undefined;
  collectGarbage?: boolean | undefined;
  /** The URL of a binary cache. */
  from?: string | undefined;
}

export type ClosureCopyState = ClosureCopyInputs;

const freeSpaceForm = "must be a number of bytes, a text like 500M or 5G, or false";

/** The closure of a path, or of several, in the store of a machine. */
export const closureCopy: Resource<ClosureCopyInputs, ClosureCopyState> = {
  name: "ClosureCopy",

  inputs: z.strictObject({
    connection: connectionSchema,
    path: meantPathSchema.optional(),
    paths: z.array(meantPathSchema).min(1).optional(),
    signWith: z.union([secretKeySchema, z.array(secretKeySchema).min(1)]).optional(),
    requireSignatures: z.boolean().optional(),
    trustedPublicKeys: z.array(publicKeySchema).min(1).optional(),
    freeSpace: z.union([sizeSchema, z.literal(false)], freeSpaceForm).optional(),
    collectGarbage: z.boolean().optional(),
    from: cacheUrlSchema.optional(),
    ...cacheInputs,
  }),

  problems: (inputs) => [
    ...((inputs.path === undefined) === (inputs.paths === undefined) ? [pathOrPaths] : []),
    ...cacheProblems(inputs),
  ],

  replacedBy: ["connection"],
  // The way that something came is nothing that it is.
  silent: [
    ...["signWith", "requireSignatures", "trustedPublicKeys", "freeSpace", "collectGarbage", "from"],
    ...Object.keys(cacheInputs),
  ],

  identify: (inputs, urn) => resourceId(urn, inputs.connection),

  async preview(inputs, _previous, context) {
    const { connection } = inputs;
    await lookIntoCache(inputs, pathsOf(inputs), context);
    if (isLocal(connection)) return;
    const as = connection.elevate === "none" ? undefined : "root";
    const host = (): Promise<Host> => context.host(connection);
    const said = await tellTravel({
      controller: context.controller,
      host,
      name: connection.host,
      as,
      paths: pathsOf(inputs),
      spare: spareOf(inputs),
      collect: inputs.collectGarbage === true,
    });
    for (const { severity, text } of said) context.log(severity, text);
    const target = async (): Promise<Destination> => ({ host: await host(), as });
    await tellFetching(inputs, target, pathsOf(inputs), context);
    const source = sourceOf(inputs, context);
    const trust = { ...inputs, requireSignatures: requiresSignatures(inputs) };
    const refusal = await foreseenRefusal(context.controller, target, pathsOf(inputs), trust, source);
    if (refusal !== undefined) context.log("warning", `this would be refused: ${refusal}`);
  },

  async ensure(id, inputs, _previous, context) {
    const paths = pathsOf(inputs);
    // Logging in takes longer than a look into our own store.
    const ready =
      cacheOf(inputs) === undefined ? requireHere(context.controller, paths, context.status) : undefined;
    const [keeper] = await Promise.all([nixKeeper(inputs, context), ready]);
    const root = (): Promise<void> => ensureRoots(keeper.host, keeper.as, keeper.rootFolder(id), paths);
    if (isLocal(inputs.connection) && cacheOf(inputs) === undefined) await root();
    else await copy(inputs, keeper, root, context);
    return inputs;
  },

  async read(id, state, context) {
    const keeper = await storeKeeper(state.connection, context);
    const seen = await describedPaths(id, pathsOf(state), keeper);
    return { ...state, ...(state.paths === undefined ? { path: seen[0] } : { paths: seen }) };
  },

  async remove(id, state, context) {
    const keeper = await storeKeeper(state.connection, context);
    await removeRoots(keeper.host, keeper.as, keeper.rootFolder(id));
    context.log(
      "info",
      `our root on ${keeper.host.name} is gone; the store itself is its garbage collector's`,
    );
  },
};

const pathOrPaths: Problem = { property: "path", reason: "exactly one of path and paths has to be given" };

async function nixKeeper({ connection }: ClosureCopyInputs, context: Context): Promise<StoreKeeper> {
  const keeper = await storeKeeper(connection, context);
  await requireNix(keeper.host, keeper.as);
  return keeper;
}

async function describedPaths(
  id: string,
  paths: readonly StorePath[],
  keeper: StoreKeeper,
): Promise<StorePath[]> {
  const rooted = new Set(await rootedPaths(keeper.host, keeper.as, keeper.rootFolder(id)));
  // What is rooted is valid; where nothing has drifted that is all there is to ask.
  const others = paths.filter((path) => !rooted.has(path));
  const invalid = new Set(await invalidAmong(keeper.host, others, keeper));
  return paths.map((path) => describe(path, invalid.has(path), rooted.has(path)));
}

function describe(path: StorePath, isInvalid: boolean, isRooted: boolean): StorePath {
  if (isInvalid) return flawed("missing", path);
  return isRooted ? path : flawed("unprotected", path);
}

function pathsOf(inputs: ClosureCopyInputs): StorePath[] {
  const paths = inputs.paths ?? (inputs.path === undefined ? [] : [inputs.path]);
  return paths.map(meant).filter((path) => path !== undefined);
}

/** Bytes that have to be free behind a copy; undefined when nobody looks. */
function spareOf({ freeSpace = 0 }: ClosureCopyInputs): number | undefined {
  return freeSpace === false ? undefined : bytesOf(freeSpace);
}

function roomFor(inputs: ClosureCopyInputs, { host, as }: StoreKeeper, context: Context): Admission[] {
  const spare = spareOf(inputs);
  if (spare === undefined) return [];
  const onLine = (line: string): void => context.status(line);
  return [requireRoom({ host, as, spare, collect: inputs.collectGarbage === true, onLine })];
}

async function copy(
  inputs: ClosureCopyInputs,
  keeper: StoreKeeper,
  root: () => Promise<void>,
  context: Context,
): Promise<void> {
  const { host, as } = keeper;
  const report = await copyClosure({
    source: sourceOf(inputs, context),
    target: { host, as },
    paths: pathsOf(inputs),
    root,
    fetchThere: fetching(inputs, keeper, context),
    admit: [
      ...signedInCache(inputs, keeper),
      ...admissions(keeper, inputs),
      ...roomFor(inputs, keeper, context),
    ],
    onProgress: (text) => context.status(text),
  });
  context.status(summary(report));
}

function sourceOf(inputs: ClosureCopyInputs, { controller }: Context): ClosureSource {
  const url = cacheOf(inputs);
  return url === undefined ? storeSource(controller) : cacheSource(controller, url, inputs.credentials);
}

function requiresSignatures(inputs: ClosureCopyInputs): boolean {
  return inputs.requireSignatures ?? cacheOf(inputs) !== undefined;
}

/** Of what a cache gives, a signature says whose it is; looked at before any of ours could stand for it. */
function signedInCache(inputs: ClosureCopyInputs, target: Destination): Admission[] {
  if (cacheOf(inputs) === undefined || !requiresSignatures(inputs)) return [];
  return [requiringSignatures(target, inputs.trustedPublicKeys)];
}

function summary({ paths, copied, fetched, bytes, seconds }: CopyReport): string {
  const rate = copied === 0 ? "" : ` in ${seconds.toFixed(1)} s, ${mebibytes(bytes / seconds)} MiB/s`;
  const alone = fetched === 0 ? "" : `${fetched} of ${paths} paths fetched there, `;
  return `${alone}${copied} of ${paths} paths copied, ${mebibytes(bytes)} MiB${rate}`;
}
