import type { CacheAddress } from "./cache-url";
import type { CacheCredentials } from "./credentials";
import { fileStore } from "./file-store";
import { HttpStore } from "./http-store";
import type { ObjectStore } from "./object-store";
import { retrying } from "./retrying";
import { openS3Store } from "./s3-store";

/** Seconds without a byte after which a server counts as hung. */
const defaultIdleLimit = 60;

/** A cache, and what opens it. */
export interface CachePlace {
  readonly address: CacheAddress;
  readonly credentials: CacheCredentials;
}

/** Lends out the objects of a cache. */
export async function withStore<T>(
  place: CachePlace,
  work: (store: ObjectStore) => Promise<T>,
  idleLimit?: number,
): Promise<T> {
  const store = await openStore(place, idleLimit);
  try {
    return await work(store);
  } finally {
    store.close();
  }
}

/** Opens a cache; whoever asks for it closes it. Nothing is asked yet. */
export async function openStore(place: CachePlace, idleLimit = defaultIdleLimit): Promise<ObjectStore> {
  return retrying(await storeAt(place, idleLimit));
}

async function storeAt({ address, credentials }: CachePlace, idleLimit: number): Promise<ObjectStore> {
  switch (address.kind) {
    case "file":
      return fileStore(address.folder);
    case "http":
      return new HttpStore(address.url, credentials, idleLimit);
    case "s3":
      return openS3Store(address, credentials, idleLimit);
  }
}
