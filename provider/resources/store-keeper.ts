import type { Connection } from "../connection";
import { factsOf } from "../host/facts";
import type { Host } from "../host/host";
import type { Context } from "../resource";

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
