import { RefusedError } from "../errors";
import { factsOf } from "../host/facts";
import { ServeSession } from "../nix/serve";
import type { ValidPath } from "../nix/valid-path";
import type { StorePath } from "../values";
import type { ClosureSource } from "./closure-source";
import type { Admission, Destination } from "./destination";

export interface ForeseenCopy {
  readonly source: ClosureSource;
  readonly paths: readonly StorePath[];
  /** Whether it is known what the closure of a path is, and it is there. */
  readonly isKnown: (path: StorePath) => Promise<boolean>;
  readonly target: () => Promise<Destination>;
  readonly requiresSignatures: boolean;
  readonly admissionsTo: (destination: Destination) => readonly Admission[];
}

/**
 * Why a copy would be refused before its first byte, for a preview. Nothing is asked where nothing can be refused, or
 * while it is not known what the closure is.
 */
export async function foreseenRefusal(copy: ForeseenCopy): Promise<string | undefined> {
  const { source, paths, isKnown, target, requiresSignatures, admissionsTo } = copy;
  for (const path of paths) if (!(await isKnown(path))) return undefined;
  const destination = await target();
  const { uid } = await factsOf(destination.host, destination.as);
  if (uid === 0 && !requiresSignatures) return undefined;
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
