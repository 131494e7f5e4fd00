import type { Host } from "../host/host";
import { closureHere, sizeOf } from "../nix/contents";
import type { PathInfo } from "../nix/path-info";
import { storePathName, type StorePath } from "../values";
import { heldPaths } from "./cached";
import type { ObjectStore } from "./object-store";

/** How much a push would send, for a preview: `would push 14 of 80 paths, 61.2 MiB before compression, to …`. */
export async function wouldPush(
  controller: Host,
  store: ObjectStore,
  paths: readonly StorePath[],
  parallel: number,
): Promise<string> {
  const closure = new Map<StorePath, PathInfo>();
  for (const path of paths) {
    const found = await closureHere(controller, path);
    if (found === undefined)
      return `how much would be pushed to ${store.name} is known when ${storePathName(path)} is here`;
    for (const [one, info] of found) closure.set(one, info);
  }
  const known = await heldPaths(store, [...closure.keys()], parallel);
  const missing = [...closure].filter(([path]) => !known.has(path)).map(([, info]) => info);
  if (missing.length === 0) return `would push nothing: ${store.name} has all ${closure.size} paths`;
  const size = (sizeOf(missing) / 2 ** 20).toFixed(1);
  return `would push ${missing.length} of ${closure.size} paths, ${size} MiB before compression, to ${store.name}`;
}
