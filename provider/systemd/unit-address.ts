import type { Host } from "../host/host";

/** The system's own systemd, or that of a user. */
export const unitScopes = ["system", "user"] as const;

export type UnitScope = (typeof unitScopes)[number];

/** Which unit on a host, and who may ask for it. */
export interface UnitAddress {
  readonly name: string;
  readonly scope: UnitScope;
  /** As in RunOptions; undefined for the login user. */
  readonly as: string | undefined;
}

/** The system's units belong to root, a user's to that user. */
export function addressOf(
  host: Host,
  unit: { name: string; scope: UnitScope; user?: string | undefined },
): UnitAddress {
  const owner = unit.scope === "system" ? "root" : (unit.user ?? host.user);
  return { name: unit.name, scope: unit.scope, as: owner === host.user ? undefined : owner };
}
