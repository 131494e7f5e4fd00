import { z } from "zod";
import { sizeSchema } from "../amounts";
import { cacheUrlSchema } from "../cache/cache-url";
import { connectionSchema } from "../connection";
import { resourceId } from "../identity";
import { removeRoots } from "../nix/roots";
import { publicKeySchema, secretKeySchema } from "../nix/signing-keys";
import { meant, meantPathSchema } from "../observed";
import { isUnknownOutcome } from "../errors";
import type { Context, Problem, Resource } from "../resource";
import type { StorePath } from "../values";
import { cacheInputs, cacheProblems, substitutersOf } from "./copy-caches";
import { copyPaths, requiresSignatures, type CopyOptions } from "./copy-paths";
import { tellCopy } from "./copy-preview";
import { describedPaths, storeKeeper } from "./store-keeper";

export interface ClosureCopyInputs extends CopyOptions {
  path?: StorePath | undefined;
  paths?: StorePath[] | undefined;
}

export type ClosureCopyState = ClosureCopyInputs;

const freeSpaceForm = { error: 'must be bytes, a text like "500M" or "5G", or false' };

/** How it comes there, which is nothing that it is. */
const ways = {
  from: z.union([cacheUrlSchema, connectionSchema]).optional(),
  direct: z.boolean().optional(),
  signWith: z.union([secretKeySchema, z.array(secretKeySchema).min(1)]).optional(),
  requireSignatures: z.boolean().optional(),
  trustedPublicKeys: z.array(publicKeySchema).min(1).optional(),
  freeSpace: z.union([sizeSchema, z.literal(false)], freeSpaceForm).optional(),
  collectGarbage: z.boolean().optional(),
  ...cacheInputs,
} as const;

/** The closure of a path, or of several, in the store of a machine. */
export const closureCopy: Resource<ClosureCopyInputs, ClosureCopyState> = {
  name: "ClosureCopy",

  inputs: z.strictObject({
    connection: connectionSchema,
    path: meantPathSchema.optional(),
    paths: z.array(meantPathSchema).min(1).optional(),
    ...ways,
  }),

  problems: (inputs) => [
    ...((inputs.path === undefined) === (inputs.paths === undefined) ? [pathOrPaths] : []),
    ...cacheProblems(inputs),
    ...(inputs.direct === true ? directProblems(inputs) : []),
    ...(inputs.collectGarbage === true && inputs.freeSpace === false ? [collectUnasked] : []),
    ...(inputs.trustedPublicKeys !== undefined && !heedsKeys(inputs) ? [keysUnheeded] : []),
  ],

  replacedBy: ["connection"],
  silent: Object.keys(ways),

  identify: (inputs, urn) => resourceId(urn, inputs.connection),

  preview: (inputs, _previous, context) => tellCopy(pathsOf(inputs), inputs, context),

  async ensure(id, inputs, previous, context) {
    try {
      await copyPaths(id, pathsOf(inputs), inputs, context);
    } catch (error) {
      // No state would know of what was protected by then. Of an outcome that is not known there is one.
      if (previous === undefined && !isUnknownOutcome(error)) await unroot(id, inputs, context);
      throw error;
    }
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
const collectUnasked: Problem = {
  property: "collectGarbage",
  reason: "goes with freeSpace: with false nobody looks whether there is room",
};

const keysUnheeded: Problem = {
  property: "trustedPublicKeys",
  reason:
    "goes with requireSignatures (which a cache in from sets, unless it is false) or with what the machine fetches by " +
    "itself, from substituters or that cache: nothing else here asks whose signature counts",
};

function heedsKeys(inputs: ClosureCopyInputs): boolean {
  return requiresSignatures(inputs) || substitutersOf(inputs) !== undefined;
}

function directProblems({ from, signWith, requireSignatures }: ClosureCopyInputs): Problem[] {
  const unseen = signWith !== undefined || requireSignatures === true;
  return [
    ...(unseen
      ? ["does not go with signWith or requireSignatures: what does not come by here is not looked at here"]
      : []),
    ...(typeof from === "string" ? ["goes with a machine in from: a cache sends nothing by itself"] : []),
  ].map((reason) => ({ property: "direct", reason }));
}

async function unroot(id: string, { connection }: ClosureCopyInputs, context: Context): Promise<void> {
  try {
    const keeper = await storeKeeper(connection, context);
    await removeRoots(keeper.host, keeper.as, keeper.rootFolder(id));
  } catch {
    // What failed before is the thing to tell.
  }
}

function pathsOf(inputs: ClosureCopyInputs): StorePath[] {
  const paths = inputs.paths ?? (inputs.path === undefined ? [] : [inputs.path]);
  return paths.map(meant).filter((path) => path !== undefined);
}
