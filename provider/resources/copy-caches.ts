import { z } from "zod";
import { cachedClosure } from "../cache/cached";
import { parseCacheUrl } from "../cache/cache-url";
import { credentialsSchema, misfit, type CacheCredentials } from "../cache/credentials";
import { withStore } from "../cache/open-store";
import type { Destination } from "../copy/destination";
import { fetchingThere, wouldFetch, type FetchRequest } from "../copy/fetch-there";
import { rememberClosure } from "../nix/contents";
import type { Substituters } from "../nix/substitute";
import type { Context, Problem } from "../resource";
import { shownPaths, type StorePath } from "../values";

/** The inputs of a copy that are about binary caches. */
export interface CacheInputs {
  substituters?: true | string[] | undefined;
  fetchLimit: number;
  credentials?: CacheCredentials | undefined;
}

// A password there would stand among a process's arguments on the machine.
const substituterSchema = z
  .string()
  .regex(/^[^\s]+$/, { error: "must be the URL of one cache" })
  .refine((url) => !/^[^:]*:\/\/[^/]*@/.test(url), {
    error: "must name no user: what opens a cache is said to the machine's own Nix, in its netrc-file",
  });

export const cacheInputs = {
  substituters: z.union([z.literal(true), z.array(substituterSchema)]).optional(),
  fetchLimit: z.number().min(1).default(300),
  credentials: credentialsSchema.optional(),
} as const;

type Inputs = CacheInputs & { from?: unknown; trustedPublicKeys?: readonly string[] | undefined };

/** The URL of the cache that is copied from, if it is one. */
export function cacheOf({ from }: Pick<Inputs, "from">): string | undefined {
  return typeof from === "string" ? from : undefined;
}

export function cacheProblems(inputs: Inputs): Problem[] {
  const { credentials } = inputs;
  if (credentials === undefined) return [];
  const url = cacheOf(inputs);
  const reason =
    url === undefined ? "goes with the URL of a cache in from" : misfit(credentials, parseCacheUrl(url).kind);
  return reason === undefined ? [] : [{ property: "credentials", reason }];
}

/** Lets the machine fetch by itself, when it may. */
export function fetching(
  inputs: Inputs,
  target: Destination,
  context: Context,
): ((missing: readonly StorePath[]) => Promise<void>) | undefined {
  const request = fetchRequest(inputs, target, context);
  return request && fetchingThere(request);
}

function fetchRequest(inputs: Inputs, target: Destination, { log }: Context): FetchRequest | undefined {
  const from = substitutersOf(inputs);
  return from && { target, from, limit: inputs.fetchLimit, say: log };
}

/** What the machine may fetch by itself from; undefined when that is nothing. */
export function substitutersOf(inputs: Inputs): Substituters | undefined {
  const { substituters = [], trustedPublicKeys: publicKeys = [] } = inputs;
  const own = substituters === true;
  const urls = [...(own ? [] : substituters), ...reachableFrom(inputs)];
  return own || urls.length > 0 ? { urls, own, publicKeys } : undefined;
}

/** The cache that is copied from, unless only this machine has it or what opens it. */
function reachableFrom(inputs: Inputs): string[] {
  const url = cacheOf(inputs);
  if (url === undefined || inputs.credentials !== undefined) return [];
  return parseCacheUrl(url).kind === "file" ? [] : [url];
}

/** Requests at a time. */
const atATime = 16;
/** Seconds without a byte: a preview can do without a cache that is away. */
const previewLimit = 10;

/** Looks into the cache that is copied from, for what a preview says of a copy. */
export async function lookIntoCache(
  inputs: Inputs,
  paths: readonly StorePath[],
  context: Context,
): Promise<void> {
  const url = cacheOf(inputs);
  if (url === undefined) return;
  const place = { address: parseCacheUrl(url), credentials: inputs.credentials ?? {} };
  const look = (path: StorePath): ReturnType<typeof cachedClosure> =>
    withStore(place, (store) => cachedClosure(store, [path], atATime), previewLimit);
  for (const path of paths) {
    const { found, missing } = await look(path);
    if (missing.length === 0) rememberClosure(path, found);
    else context.log("warning", `${url} does not have ${shownPaths(missing)} yet`);
  }
}

/** Says in a preview what the machine would fetch by itself, of closures as far as they are known. */
export async function tellFetching(
  inputs: Inputs,
  target: () => Promise<Destination>,
  known: readonly Promise<ReadonlyMap<StorePath, unknown> | undefined>[],
  context: Context,
): Promise<void> {
  if (inputs.substituters === undefined && reachableFrom(inputs).length === 0) return;
  const closures = await Promise.all(known);
  const closure = new Set(closures.flatMap((one) => [...(one?.keys() ?? [])]));
  const request = fetchRequest(inputs, await target(), context);
  if (request === undefined || closure.size === 0) return;
  const text = await wouldFetch({ ...request, limit: Math.min(request.limit, 30) }, [...closure]);
  if (text !== undefined) context.log("info", text);
}
