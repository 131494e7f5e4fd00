import { z } from "zod";
import { RefusedError } from "../errors";
import type { Host } from "../host/host";
import { storePathSchema, type StorePath } from "../values";

/** What a store says of a path that it holds. */
export interface PathInfo {
  readonly references: readonly StorePath[];
  /** Bytes, as Nix serialises it. */
  readonly narSize: number;
}

export type PathInfos = ReadonlyMap<StorePath, PathInfo>;

export interface InfoOptions {
  /** Another store: the URL of a binary cache. This machine's own by default. */
  readonly store?: string | undefined;
  /** Seconds. */
  readonly timeout?: number | undefined;
  readonly as?: string | undefined;
}

const infoSchema = z.object({ references: z.array(storePathSchema), narSize: z.number() });
// 2.8 lists them, with the path in each; newer ones have an object by path, in which null is not valid.
const listSchema = z.array(infoSchema.extend({ path: storePathSchema }));
const objectSchema = z.record(storePathSchema, infoSchema.nullable());

/**
 * The paths and everything that they refer to, in one nix process.
 * @throws CommandError when one of them is not in that store
 * @throws RefusedError when this version of Nix answers in a way that we do not know
 */
export async function pathInfos(
  host: Host,
  paths: readonly StorePath[],
  { store, timeout = 120, as }: InfoOptions = {},
): Promise<PathInfos> {
  if (paths.length === 0) return new Map();
  const argv = ["nix", "--extra-experimental-features", "nix-command", "path-info", "--recursive", "--json"];
  const doing = `reading what the closure of ${paths.length === 1 ? paths[0] : `${paths.length} paths`} holds`;
  const from = store === undefined ? [] : ["--store", store];
  const { stdout } = await host.run([...argv, ...from, ...paths], { doing, timeout, as });
  try {
    return parseInfos(stdout);
  } catch (cause) {
    throw new RefusedError({ doing, host: host.name, happened: "its answer is not understood", cause });
  }
}

function parseInfos(text: string): PathInfos {
  const answer: unknown = JSON.parse(text);
  if (Array.isArray(answer))
    return new Map(listSchema.parse(answer).map(({ path, ...info }) => [path, info]));
  const entries = Object.entries(objectSchema.parse(answer)) as [StorePath, PathInfo | null][];
  return new Map(entries.filter((entry): entry is [StorePath, PathInfo] => entry[1] !== null));
}

/** The closure of a path; undefined when something of it is not among the infos. */
export function closureIn(infos: PathInfos, root: StorePath): Map<StorePath, PathInfo> | undefined {
  const found = new Map<StorePath, PathInfo>();
  const open = [root];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const info = infos.get(path);
    if (info === undefined) return undefined;
    if (found.has(path)) continue;
    found.set(path, info);
    open.push(...info.references);
  }
  return found;
}
