import { z } from "zod";
import { heldClosure, type CachedClosure } from "../cache/cached";
import { cacheUrlSchema, nameOf, parseCacheUrl } from "../cache/cache-url";
import { credentialsSchema, misfit, type CacheCredentials } from "../cache/credentials";
import type { ObjectStore } from "../cache/object-store";
import { withStore } from "../cache/open-store";
import { isSignedByAll, push, type PushReport } from "../cache/push";
import { wouldPush } from "../cache/would-push";
import { resourceId } from "../identity";
import { parsePublicKey, parseSecretKey, secretKeySchema, type SecretKey } from "../nix/signing-keys";
import { compressions, highestLevel, type Compression } from "../nix/write-cache";
import { flawed, meant, meantPathSchema, type Flaw } from "../observed";
import type { Problem, Resource } from "../resource";
import type { StorePath } from "../values";
import { requireHere } from "./require-here";

export interface BinaryCacheInputs extends Compression {
  url: string;
  path?: StorePath | undefined;
  paths?: StorePath[] | undefined;
  signWith?: string | string[] | undefined;
  parallel: number;
  credentials?: CacheCredentials | undefined;
  /** Of the keys that sign. */
  publicKeys?: string[] | undefined;
}

export interface BinaryCacheState extends BinaryCacheInputs {
  /** Paths of which the cache had other content than this machine: our keys did not sign them. */
  otherBuilds?: readonly StorePath[];
}

/** The closure of a path, or of several, in a binary cache. */
export const binaryCache: Resource<BinaryCacheInputs, BinaryCacheState> = {
  name: "BinaryCache",

  inputs: z.strictObject({
    url: cacheUrlSchema,
    path: meantPathSchema.optional(),
    paths: z.array(meantPathSchema).min(1).optional(),
    compression: z.enum(compressions).default("zstd"),
    compressionLevel: z.number().int().min(1).optional(),
    signWith: z.union([secretKeySchema, z.array(secretKeySchema).min(1)]).optional(),
    parallel: z.number().int().min(1).max(256).default(16),
    credentials: credentialsSchema.optional(),
  }),

  problems({ url, path, paths, credentials, compression, compressionLevel = 1 }) {
    const wrong = credentials && misfit(credentials, parseCacheUrl(url).kind);
    const most = highestLevel(compression);
    return [
      ...((path === undefined) === (paths === undefined) ? [pathOrPaths] : []),
      ...(wrong === undefined ? [] : [{ property: "credentials", reason: wrong }]),
      ...(compressionLevel <= most
        ? []
        : [{ property: "compressionLevel", reason: `of ${compression} must be at most ${most}` }]),
    ];
  },

  derive: (inputs) => ({
    publicKeys: inputs.signWith === undefined ? undefined : keysOf(inputs).map(({ publicKey }) => publicKey),
  }),
  derived: ["publicKeys"],

  replacedBy: ["url"],

  // What is there stays as it was compressed, and another key shows in publicKeys.
  silent: ["compression", "compressionLevel", "parallel", "credentials", "signWith"],

  identify: (_inputs, urn) => resourceId(urn, undefined),

  async preview(inputs, _previous, { controller, log }) {
    const tell = (store: ObjectStore): Promise<string> =>
      wouldPush(controller, store, pathsOf(inputs), inputs.parallel);
    log("info", await inCache(inputs, tell, previewLimit));
  },

  async ensure(_id, inputs, _previous, context) {
    const { controller, status, log } = context;
    const paths = pathsOf(inputs);
    await requireHere(paths, context);
    const request = {
      controller,
      paths,
      compression: inputs,
      keys: keysOf(inputs),
      parallel: inputs.parallel,
      onProgress: status,
      onWarning: (text: string): void => log("warning", text),
    };
    const report = await inCache(inputs, (store) => push({ ...request, store }));
    const said = pushedText(report, nameOf(parseCacheUrl(inputs.url)));
    if (said !== undefined) log("info", said);
    return { ...inputs, otherBuilds: report.others };
  },

  read: (_id, state) =>
    inCache(state, async (store) => {
      const seen = [];
      for (const path of pathsOf(state))
        seen.push(describe(path, await closureIn(store, path, state), state));
      return { ...state, ...(state.paths === undefined ? { path: seen[0] } : { paths: seen }) };
    }),

  async remove(_id, { url }, { log }) {
    log("info", `what was pushed to ${url} stays there: closures of others may refer to it`);
  },
};

/** What is kept of a push; undefined when the cache had all. */
function pushedText({ paths, pushed, signed, bytes }: PushReport, cache: string): string | undefined {
  if (pushed + signed === 0) return undefined;
  const more = signed === 0 ? "" : `; ${signed} that it had are signed now`;
  return `pushed ${pushed} of ${paths} paths, ${(bytes / 2 ** 20).toFixed(1)} MiB, to ${cache}${more}`;
}

const pathOrPaths: Problem = { property: "path", reason: "exactly one of path and paths has to be given" };

/** Seconds without a byte: a preview can do without a cache that is away. */
const previewLimit = 10;

function inCache<T>(
  { url, credentials = {} }: BinaryCacheInputs,
  work: (store: ObjectStore) => Promise<T>,
  idleLimit?: number,
): Promise<T> {
  return withStore({ address: parseCacheUrl(url), credentials }, work, idleLimit);
}

function keysOf({ signWith = [] }: BinaryCacheInputs): SecretKey[] {
  return [signWith].flat().map(parseSecretKey);
}

function pathsOf({ path, paths }: BinaryCacheInputs): StorePath[] {
  return (paths ?? (path === undefined ? [] : [path])).map(meant).filter((one) => one !== undefined);
}

function closureIn(store: ObjectStore, path: StorePath, state: BinaryCacheState): Promise<CachedClosure> {
  return heldClosure(store, [path], state.parallel);
}

function describe(path: StorePath, closure: CachedClosure, state: BinaryCacheState): StorePath {
  const flaw = flawOf(path, closure, state);
  return flaw === undefined ? path : flawed(flaw, path);
}

function flawOf(
  path: StorePath,
  { found, missing }: CachedClosure,
  { publicKeys = [], otherBuilds = [] }: BinaryCacheState,
): Flaw | undefined {
  if (!found.has(path)) return "missing";
  if (missing.length > 0) return "incomplete";
  const keys = publicKeys.map(parsePublicKey);
  const ours = [...found.values()].filter((info) => !otherBuilds.includes(info.path));
  return ours.every((info) => isSignedByAll(info, keys)) ? undefined : "unsigned";
}
