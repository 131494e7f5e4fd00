import type { Host } from "../host/host";
import type { UnitAddress } from "./unit-address";
import { runUnitProgram, unitProgram } from "./unit-program";

const program = unitProgram("remove-unit.sh");

/** Stops and disables a unit and takes its file away, with our records; gone already is success. */
export async function removeUnit(host: Host, unit: UnitAddress): Promise<void> {
  await runUnitProgram(host, program, unit, ["all"], { doing: `removing ${unit.name}` });
}

/** Leaves a unit as it is and removes only our records of it. */
export async function forgetUnit(host: Host, unit: UnitAddress): Promise<void> {
  await runUnitProgram(host, program, unit, ["records"], { doing: `forgetting ${unit.name}` });
}
