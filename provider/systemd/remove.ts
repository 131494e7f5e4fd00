import { removalProgram, remove, type Removal } from "../deployment/removal";
import type { Locking } from "../deployment/deployment";
import type { Host } from "../host/host";
import type { Context } from "../resource";
import type { SeenUnit } from "./observe";
import type { UnitAddress } from "./unit-address";
import { programHere, sharedProgram } from "./unit-program";

/** A unit of which we have had a look, and who wants it to be gone. */
export interface UnitRemoval {
  readonly unit: UnitAddress;
  readonly seen: SeenUnit;
  /** The resource that asks. */
  readonly owner: string;
  /** Seconds that the unit may take to stop. */
  readonly timeout: number;
  readonly locking: Locking;
}

const program = removalProgram(sharedProgram, programHere("remove-unit.sh"));

/** Seconds that everything but the stopping may take. */
const grace = 120;

/**
 * Stops and disables a unit and takes its file away, with our records; gone already is success.
 * @throws RefusedError when another coordinator deploys there
 */
export async function removeUnit(host: Host, removal: UnitRemoval, context: Context): Promise<void> {
  await remove(host, removalOf(host, removal, "removing", "all"), context);
}

/**
 * Leaves a unit as it is and removes only our records of it.
 * @throws RefusedError when another coordinator deploys there
 */
export async function forgetUnit(host: Host, removal: UnitRemoval, context: Context): Promise<void> {
  await remove(host, removalOf(host, removal, "forgetting", "records"), context);
}

function removalOf(
  host: Host,
  { unit, seen, owner, timeout, locking }: UnitRemoval,
  gerund: string,
  what: "all" | "records",
): Removal {
  return {
    doing: `${gerund} ${unit.name}`,
    subject: seen.file,
    resource: owner,
    user: unit.as ?? host.user,
    stateFolder: seen.stateFolder,
    program,
    args: [unit.scope, unit.name, what],
    seconds: timeout + grace,
    alone: false,
    locking,
  };
}
