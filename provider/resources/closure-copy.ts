import { z } from "zod";
import { connectionSchema, isLocal, type Connection } from "../connection";
import type { Host } from "../host/host";
import { storeSource } from "../copy/closure-source";
import { copyClosure, type CopyReport } from "../copy/copy";
import { mebibytes } from "../copy/progress";
import { resourceId } from "../identity";
import { tellTravel } from "../nix/travel";
import { meant, meantPathSchema } from "../observed";
import { addRoots, ensureRoots, removeRoots } from "../nix/roots";
import type { Context, Problem, Resource } from "../resource";
import type { StorePath } from "../values";
import { closureSeen, sendingDirectly, sourcesOf, type CopySource } from "./copy-source";
import { describedPaths, keeperWithNix, storeKeeper, type StoreKeeper } from "./store-keeper";

export interface ClosureCopyInputs {
  connection: Connection;
  path?: StorePath | undefined;
  paths?: StorePath[] | undefined;
  from?: Connection | undefined;
  direct?: boolean | undefined;
}

export type ClosureCopyState = ClosureCopyInputs;

/** The closure of a path, or of several, in the store of a machine. */
export const closureCopy: Resource<ClosureCopyInputs, ClosureCopyState> = {
  name: "ClosureCopy",

  inputs: z.strictObject({
    connection: connectionSchema,
    path: meantPathSchema.optional(),
    paths: z.array(meantPathSchema).min(1).optional(),
    from: connectionSchema.optional(),
    direct: z.boolean().optional(),
  }),

  problems: ({ path, paths }) => ((path === undefined) === (paths === undefined) ? [pathOrPaths] : []),

  replacedBy: ["connection"],

  // The way that something came is nothing that it is.
  silent: ["from", "direct"],

  identify: (inputs, urn) => resourceId(urn, inputs.connection),

  async preview(inputs, _previous, context) {
    const { connection } = inputs;
    if (isLocal(connection)) return;
    const as = connection.elevate === "none" ? undefined : "root";
    const host = (): Promise<Host> => context.host(connection);
    const closureOf = (path: StorePath): ReturnType<typeof closureSeen> =>
      closureSeen(path, inputs.from, context);
    const said = await tellTravel(closureOf, host, as, pathsOf(inputs), connection.host);
    context.log("info", said);
  },

  async ensure(id, inputs, _previous, context) {
    // Logging in takes longer than a look into our own store.
    const [target, sources] = await Promise.all([
      keeperWithNix(inputs.connection, context),
      sourcesOf(pathsOf(inputs), inputs.from, context),
    ]);
    await copyAll(id, inputs, sources, target, context);
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

function pathsOf(inputs: ClosureCopyInputs): StorePath[] {
  const paths = inputs.paths ?? (inputs.path === undefined ? [] : [inputs.path]);
  return paths.map(meant).filter((path) => path !== undefined);
}

/** From each machine that has some of the paths, to the one that is to have them. */
async function copyAll(
  id: string,
  inputs: ClosureCopyInputs,
  sources: readonly CopySource[],
  target: StoreKeeper,
  context: Context,
): Promise<void> {
  const folder = target.rootFolder(id);
  const elsewhere = sources.filter(({ keeper }) => !isSameStore(keeper, target, inputs, context));
  const last = elsewhere.pop();
  for (const source of elsewhere) {
    // Protected while the rest is still on its way, beside what was there before.
    const root = (): Promise<void> => addRoots(target.host, target.as, folder, source.paths, mostRoots);
    await copy(source, target, inputs, root, context);
  }
  const root = (): Promise<void> => ensureRoots(target.host, target.as, folder, pathsOf(inputs));
  await (last === undefined ? root() : copy(last, target, inputs, root, context));
}

const mostRoots = 1_000_000;

function isSameStore(
  source: StoreKeeper,
  target: StoreKeeper,
  { connection }: ClosureCopyInputs,
  { controller }: Context,
): boolean {
  return source.host === target.host || (isLocal(connection) && source.host === controller);
}

async function copy(
  source: CopySource,
  target: StoreKeeper,
  inputs: ClosureCopyInputs,
  root: () => Promise<void>,
  context: Context,
): Promise<void> {
  const report = await copyClosure({
    source: storeSource(source.keeper.host, source.keeper.as),
    target: { host: target.host, as: target.as },
    paths: source.paths,
    root,
    fetchThere: inputs.direct === true ? sendingDirectly(source, inputs.connection, context) : undefined,
    onProgress: (text) => context.status(text),
  });
  context.status(summary(report));
}

function summary({ paths, copied, fetched, bytes, seconds }: CopyReport): string {
  if (fetched > 0 && copied === 0) return `${fetched} of ${paths} paths sent directly`;
  const rate = copied === 0 ? "" : ` in ${seconds.toFixed(1)} s, ${mebibytes(bytes / seconds)} MiB/s`;
  return `${copied} of ${paths} paths copied, ${mebibytes(bytes)} MiB${rate}`;
}
