import { copyClosure } from "../copy/copy";
import { safeguards } from "../copy/safeguards";
import type { Context } from "../resource";
import type { StorePath } from "../values";
import { whereTheyAre } from "./copy-source";
import { keeperHere } from "./store-keeper";

/** Makes sure that the paths are in this machine's store: what a `NixBuild` builds elsewhere comes from there. */
export async function requireHere(paths: readonly StorePath[], context: Context): Promise<void> {
  const { host, as } = await keeperHere(context);
  const target = { host, as };
  for (const { keeper, store, paths: some } of await whereTheyAre(paths, context)) {
    if (keeper?.host === host) continue;
    const root = (): Promise<void> => Promise.resolve();
    const onProgress = (text: string): void => context.status(text);
    await copyClosure({ source: store, target, paths: some, root, ...safeguards(target), onProgress });
  }
}
