import type { Host } from "../host/host";
import type { SeenUnit } from "./observe";
import { ensureRoots, removeRoots } from "../nix/roots";
import type { StorePath } from "../values";
import type { UnitAddress } from "./unit-address";

/**
 * Protects what a unit is about to refer to, and still what it refers to now: it may not become the new one.
 * @returns what is protected then
 */
export async function protectBoth(host: Host, unit: UnitAddress, seen: SeenUnit): Promise<StorePath[]> {
  const both = [...new Set([...seen.rooted, ...seen.valid])];
  if (both.length > seen.rooted.length) await ensureRoots(host, unit.as, seen.roots, both);
  return both;
}

/** Gives up the protection of what the unit no longer refers to. */
export async function protectOnly(
  host: Host,
  unit: UnitAddress,
  seen: SeenUnit,
  paths: readonly StorePath[],
): Promise<void> {
  if (seen.rooted.every((path) => paths.includes(path))) return;
  if (paths.length === 0) await removeRoots(host, unit.as, seen.roots);
  else await ensureRoots(host, unit.as, seen.roots, paths);
}
