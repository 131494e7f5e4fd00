import type { Connection } from "../connection";
import { factsOf, requireNix } from "../host/facts";
import type { Host } from "../host/host";
import { rootedPaths } from "../nix/roots";
import { invalidAmong } from "../nix/store";
import { flawed } from "../observed";
import type { Context } from "../resource";
import type { StorePath } from "../values";

/** A host together with who looks after its store, and where our roots are kept there. */
export interface StoreKeeper {
  readonly host: Host;
  /** root when the connection can become root (which any Nix daemon trusts), else the login itself. */
  readonly as: string | undefined;
  rootFolder(id: string): string;
}

export async function storeKeeper(connection: Connection, context: Context): Promise<StoreKeeper> {
  const host = await context.host(connection);
  const as = connection.elevate === "none" ? undefined : "root";
  const { stateFolder } = await factsOf(host, as);
  return { host, as, rootFolder: (id) => `${stateFolder}/roots/${id}` };
}

/**
 * The same of a machine that has to have Nix.
 * @throws RefusedError when it has none
 */
export async function keeperWithNix(connection: Connection, context: Context): Promise<StoreKeeper> {
  const keeper = await storeKeeper(connection, context);
  await requireNix(keeper.host, keeper.as);
  return keeper;
}

/** Of the store of this machine, where Nix evaluates. */
export function keeperHere(context: Context): Promise<StoreKeeper> {
  return storeKeeper({ local: true, elevate: "none" }, context);
}

/** The paths of a resource, each with what is wrong with it. */
export async function describedPaths(
  id: string,
  paths: readonly StorePath[],
  keeper: StoreKeeper,
): Promise<StorePath[]> {
  const rooted = new Set(await rootedPaths(keeper.host, keeper.as, keeper.rootFolder(id)));
  // What is rooted is valid; where nothing has drifted that is all there is to ask.
  const others = paths.filter((path) => !rooted.has(path));
  const invalid = new Set(await invalidAmong(keeper.host, others, keeper));
  return paths.map((path) => describe(path, invalid.has(path), rooted.has(path)));
}

function describe(path: StorePath, isInvalid: boolean, isRooted: boolean): StorePath {
  if (isInvalid) return flawed("missing", path);
  return isRooted ? path : flawed("unprotected", path);
}
