import { z } from "zod";
import { connectionSchema, isLocal, type Connection } from "../connection";
import { requireNix } from "../host/facts";
import type { Host } from "../host/host";
import { admissions, type Trust } from "../copy/admission";
import { storeSource } from "../copy/closure-source";
import { copyClosure, type CopyReport } from "../copy/copy";
import { mebibytes } from "../copy/progress";
import { resourceId } from "../identity";
import { publicKeySchema, secretKeySchema } from "../nix/signing-keys";
import { tellTravel } from "../nix/travel";
import { derivationOf } from "../nix/known-derivations";
import { flawed, meant, meantPathSchema } from "../observed";
import { ensureRoots, removeRoots, rootedPaths } from "../nix/roots";
import { invalidAmong, realise } from "../nix/store";
import type { Context, Problem, Resource } from "../resource";
import type { StorePath } from "../values";
import { storeKeeper, type StoreKeeper } from "./store-keeper";

export interface ClosureCopyInputs extends Trust {
  connection: Connection;
  path?: StorePath | undefined;
  paths?: StorePath[] | undefined;
}

export type ClosureCopyState = ClosureCopyInputs;

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
  }),

  problems: ({ path, paths }) => ((path === undefined) === (paths === undefined) ? [pathOrPaths] : []),

  replacedBy: ["connection"],
  silent: ["signWith", "requireSignatures", "trustedPublicKeys"],

  identify: (inputs, urn) => resourceId(urn, inputs.connection),

  async preview(inputs, _previous, context) {
    const { connection } = inputs;
    if (isLocal(connection)) return;
    const as = connection.elevate === "none" ? undefined : "root";
    const host = (): Promise<Host> => context.host(connection);
    const said = await tellTravel(context.controller, host, as, pathsOf(inputs), connection.host);
    context.log("info", said);
  },

  async ensure(id, inputs, _previous, context) {
    const paths = pathsOf(inputs);
    // Logging in takes longer than a look into our own store.
    const [keeper] = await Promise.all([nixKeeper(inputs, context), requireHere(paths, context)]);
    const root = (): Promise<void> => ensureRoots(keeper.host, keeper.as, keeper.rootFolder(id), paths);
    if (isLocal(inputs.connection)) await root();
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

async function copy(
  inputs: ClosureCopyInputs,
  keeper: StoreKeeper,
  root: () => Promise<void>,
  context: Context,
): Promise<void> {
  const report = await copyClosure({
    source: storeSource(context.controller),
    target: { host: keeper.host, as: keeper.as },
    paths: pathsOf(inputs),
    root,
    admit: admissions(keeper, inputs),
    onProgress: (text) => context.status(text),
  });
  context.status(summary(report));
}

function summary({ paths, copied, bytes, seconds }: CopyReport): string {
  const rate = copied === 0 ? "" : ` in ${seconds.toFixed(1)} s, ${mebibytes(bytes / seconds)} MiB/s`;
  return `${copied} of ${paths} paths copied, ${mebibytes(bytes)} MiB${rate}`;
}

/** A path that was built elsewhere or collected here is built again, if this program knows its derivation. */
async function requireHere(paths: readonly StorePath[], context: Context): Promise<void> {
  for (const path of await invalidAmong(context.controller, paths)) {
    const known = derivationOf(path);
    await realise(context.controller, known?.drvPath ?? path, {
      ...(known && { arguments: known.arguments }),
      onLine: (line) => context.status(line),
    });
  }
}
