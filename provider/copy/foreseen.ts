import { RefusedError } from "../errors";
import { factsOf } from "../host/facts";
import type { Host } from "../host/host";
import { closureHere } from "../nix/contents";
import { ServeSession } from "../nix/serve";
import type { ValidPath } from "../nix/valid-path";
import type { StorePath } from "../values";
import { admissions, type Destination, type Trust } from "./admission";
import { storeSource } from "./closure-source";

/**
 * Why a copy out of this machine's store would be refused before its first byte, for a preview. Nothing is asked where
 * nothing can be refused, or while the paths are not here.
 */
export async function foreseenRefusal(
  controller: Host,
  target: () => Promise<Destination>,
  paths: readonly StorePath[],
  trust: Trust,
): Promise<string | undefined> {
  for (const path of paths) if ((await closureHere(controller, path)) === undefined) return undefined;
  const destination = await target();
  const { uid } = await factsOf(destination.host, destination.as);
  if (uid === 0 && trust.requireSignatures !== true) return undefined;
  try {
    await admit(controller, destination, paths, trust);
    return undefined;
  } catch (error) {
    if (error instanceof RefusedError) return error.message;
    throw error;
  }
}

async function admit(
  controller: Host,
  destination: Destination,
  paths: readonly StorePath[],
  trust: Trust,
): Promise<void> {
  const session = await ServeSession.open(destination.host, { as: destination.as });
  const source = await storeSource(controller).open();
  try {
    const closure = await source.closure(paths);
    const valid = await session.protect(closure.map(({ path }) => path));
    let missing: readonly ValidPath[] = closure.filter(({ path }) => !valid.has(path));
    for (const admission of admissions(destination, trust)) missing = await admission(missing);
  } finally {
    await Promise.all([session.close(), source.close()]);
  }
}
