import { createHash } from "node:crypto";
import { machineOf, type Connection } from "./connection";

/**
 * An id that a resource has before anything is done, so that an interrupted creation finds its own traces again.
 * The machine is part of it: a resource that moves leaves the old machine's things under another name.
 */
export function resourceId(urn: string, connection: Connection | undefined): string {
  const name = urn.split("::").at(-1) ?? "resource";
  const digest = createHash("sha256")
    .update(urn)
    .update(connection === undefined ? "" : machineOf(connection));
  return `${name.replace(/[^A-Za-z0-9_.-]/g, "-").slice(0, 60)}-${digest.digest("hex").slice(0, 12)}`;
}
