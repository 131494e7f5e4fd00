import { join } from "node:path";
import type { Host, RunOptions, RunResult } from "../host/host";
import { loadProgram, runProgram, type Program } from "../host/program";
import type { UnitAddress } from "./unit-address";

const shared = loadProgram(join(__dirname, "unit.sh"));

/** A program of several files: they stand behind unit.sh in one text. */
export function unitProgram(...files: string[]): Program {
  const programs = files.map((file) => loadProgram(join(__dirname, file)));
  return {
    name: programs.at(-1)?.name ?? shared.name,
    text: [shared, ...programs].map(({ text }) => text).join("\n"),
  };
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
