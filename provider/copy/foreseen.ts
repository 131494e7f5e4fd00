import { RefusedError } from "../errors";
import { factsOf } from "../host/facts";
import type { Host } from "../host/host";
import { closureHere } from "../nix/contents";
import { ServeSession } from "../nix/serve";
import type { ValidPath } from "../nix/valid-path";
import type { StorePath } from "../values";
import { admissions, type Destination, type Trust } from "./admission";
import { storeSource, type ClosureSource } from "./closure-source";
import type { Admission } from "./copy";

/**
 * Why a copy, out of this machine's store or another source, would be refused before its first byte, for a preview. Nothing
 * is asked where nothing can be refused, or while it is not known what the closure is.
 */
export async function foreseenRefusal(
  controller: Host,
  target: () => Promise<Destination>,
  paths: readonly StorePath[],
  trust: Trust,
  source: ClosureSource = storeSource(controller),
  admissionsTo: (destination: Destination) => readonly Admission[] = (to) => admissions(to, trust),
): Promise<string | undefined> {
  for (const path of paths) if ((await closureHere(controller, path)) === undefined) return undefined;
  const destination = await target();
  const { uid } = await factsOf(destination.host, destination.as);
  if (uid === 0 && trust.requireSignatures !== true) return undefined;
  try {
    await admit(source, destination, paths, admissionsTo(destination));
    return undefined;
  } catch (error) {
    if (error instanceof RefusedError) return error.message;
    throw error;
  }
}

async function admit(
  from: ClosureSource,
  destination: Destination,
  paths: readonly StorePath[],
  admitting: readonly Admission[],
): Promise<void> {
  const source = await from.open();
  try {
    let missing = await missingThere(destination, await source.closure(paths));
    for (const admission of admitting) missing = await admission(missing);
  } finally {
    await source.close();
  }
}

async function missingThere(
  { host, as }: Destination,
  closure: readonly ValidPath[],
): Promise<readonly ValidPath[]> {
  const session = await ServeSession.open(host, { as });
  try {
    const valid = await session.protect(closure.map(({ path }) => path));
    return closure.filter(({ path }) => !valid.has(path));
  } finally {
    await session.close();
  }
}
