import type { Host } from "../host/host";
import type { UnitAddress } from "./unit-address";
import { runUnitProgram, unitProgram } from "./unit-program";

const program = unitProgram("remove-unit.sh");

/** Stops and disables a unit and takes its file away; gone already is success. */
export async function removeUnit(host: Host, unit: UnitAddress): Promise<void> {
  await runUnitProgram(host, program, unit, [], { doing: `removing ${unit.name}` });
}
