import { join } from "node:path";
import { watchdogOf } from "../deployment/program";
import type { Host, RunOptions, RunResult } from "../host/host";
import { loadProgram, runProgram, type Program } from "../host/program";
import type { UnitAddress } from "./unit-address";

/** What stands before every program on units. */
export const sharedProgram = programHere("unit.sh");

/** A program on units: it stands behind unit.sh in one text. */
export function unitProgram(file: string): Program {
  const { name, text } = programHere(file);
  return { name, text: [sharedProgram.text, text].join("\n") };
}

/** What carries out and takes back the deployment of a unit. */
export function unitWatchdog(): Program {
  return watchdogOf(
    sharedProgram,
    ...["await-unit.sh", "unit-deployment.sh", "restore-unit.sh"].map(programHere),
  );
}

/** All of them begin with the unit's scope and name. */
export function runUnitProgram(
  host: Host,
  program: Program,
  unit: UnitAddress,
  args: readonly string[],
  options: Omit<RunOptions, "as">,
): Promise<RunResult> {
  return runProgram(host, program, [unit.scope, unit.name, ...args], { ...options, as: unit.as });
}

export function programHere(file: string): Program {
  return loadProgram(join(__dirname, file));
}
