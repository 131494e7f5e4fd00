import { cachedClosure } from "../cache/cached";
import { parseCacheUrl, nameOf } from "../cache/cache-url";
import type { CacheCredentials } from "../cache/credentials";
import { openGateway, type Gateway } from "../cache/gateway";
import { narInfoKey } from "../cache/nar-info";
import type { ObjectStore } from "../cache/object-store";
import { openStore } from "../cache/open-store";
import { makeStaging } from "../cache/staging";
import { RefusedError } from "../errors";
import type { Host } from "../host/host";
import { withOtherStore } from "../nix/other-store";
import { referencesFirst, type ValidPath } from "../nix/valid-path";
import { shownPaths, type StorePath } from "../values";
import { storeSource, type ClosureSource, type OpenSource } from "./closure-source";
import type { Nar } from "./nar-reader";

/** Requests at a time for what a cache says of paths. */
const atATime = 16;

/**
 * A binary cache to copy from. What it says of paths is asked by ourselves; the NARs are unpacked by the controller's Nix
 * as they stream by, and nothing is put into the controller's store.
 */
export function cacheSource(
  controller: Host,
  url: string,
  credentials: CacheCredentials = {},
): ClosureSource {
  const name = nameOf(parseCacheUrl(url));
  return {
    name,
    open: async () => {
      const cache = await opened(controller, url, credentials);
      const nars = await storeSource(cache.host).open();
      return new OpenCache(cache, nars);
    },
  };
}

interface Cache {
  readonly store: ObjectStore;
  readonly gateway: Gateway;
  /** The controller, whose Nix has the cache for its store. */
  readonly host: Host;
  /** The keys of the archives that were heard of. */
  readonly archives: Map<StorePath, string>;
}

/** Each is opened once in a process, so that copies of the same time share one reading of it. */
const caches = new WeakMap<Host, Map<string, Promise<Cache>>>();

function opened(controller: Host, url: string, credentials: CacheCredentials): Promise<Cache> {
  const known = caches.get(controller) ?? new Map<string, Promise<Cache>>();
  caches.set(controller, known);
  const key = JSON.stringify([url, credentials]);
  const cache = known.get(key) ?? openCache(controller, url, credentials);
  known.set(key, cache);
  cache.catch(() => known.delete(key));
  return cache;
}

async function openCache(controller: Host, url: string, credentials: CacheCredentials): Promise<Cache> {
  const address = parseCacheUrl(url);
  const store = await openStore({ address, credentials });
  const gateway = await openGateway(store);
  const host = withOtherStore(controller, store.name, gateway.url, makeStaging().folder);
  return { store, gateway, host, archives: new Map() };
}

class OpenCache implements OpenSource {
  constructor(
    private readonly cache: Cache,
    private readonly nars: OpenSource,
  ) {}

  async closure(paths: readonly StorePath[]): Promise<readonly ValidPath[]> {
    const { store, archives } = this.cache;
    const { found, missing } = await cachedClosure(store, paths, atATime);
    for (const { path, url } of found.values()) archives.set(path, url);
    if (missing.length === 0) return referencesFirst([...found.values()]);
    throw new RefusedError({
      doing: `reading the closure of ${shownPaths(paths)}`,
      host: store.name,
      happened: `it does not have ${shownPaths(missing)}`,
      hint: "push the closure there first: with a BinaryCache, whose path this one then takes",
    });
  }

  async *read(infos: readonly ValidPath[], signal: AbortSignal): AsyncGenerator<Nar> {
    for await (const { info, chunks } of this.nars.read(infos, signal))
      yield { info, chunks: this.explained(info, chunks) };
  }

  /** Nix, to which the gateway hands the cache, only knows that something failed. */
  private async *explained({ path }: ValidPath, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const { gateway, archives } = this.cache;
    try {
      yield* chunks;
    } catch (error) {
      const keys = [narInfoKey(path), archives.get(path) ?? ""];
      throw keys.map((key) => gateway.failure(key)).find((failure) => failure !== undefined) ?? error;
    }
  }

  close(): Promise<void> {
    return this.nars.close();
  }
}
