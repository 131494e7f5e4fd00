import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Seconds that each job took the last time, by its name. */
export type Lengths = Readonly<Record<string, number>>;

const file = join(process.env["PULUMI_NIX_CACHE"] ?? "", "lengths.json");

export function readLengths(): Lengths {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Lengths;
  } catch {
    return {};
  }
}

/** Several runs may do that at once: each leaves a whole file. */
export function keepLengths(lengths: Lengths): void {
  const part = `${file}.${process.pid}`;
  writeFileSync(part, JSON.stringify({ ...readLengths(), ...lengths }));
  renameSync(part, file);
}
