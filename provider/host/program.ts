import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { Host, RunOptions, RunResult } from "./host";

/** A POSIX sh program that runs on a host; its text is a real file beside the code that uses it. */
export interface Program {
  readonly name: string;
  readonly text: string;
}

export function loadProgram(file: string): Program {
  return { name: basename(file), text: readFileSync(file, "utf8") };
}

/** Runs a program with arguments: its text travels as one argument, so that standard input stays free. */
export function runProgram(
  host: Host,
  program: Program,
  args: readonly string[],
  options: RunOptions,
): Promise<RunResult> {
  return host.run(["sh", "-c", program.text, program.name, ...args], {
    shown: [program.name, ...args],
    ...options,
  });
}
