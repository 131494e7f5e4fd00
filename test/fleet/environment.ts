import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { checkout } from "./script";

let read: Record<string, string> | undefined;

/** This process's environment with what setup/environment.sh adds: for everything that starts Pulumi or Nix. */
export function environment(): Record<string, string> {
  read ??= readEnvironment();
  return { ...read };
}

/**
 * Sets variables of this process, and gives what takes that back. `process.env` itself stays: with another object in
 * its place, what Node asks the system for (os.homedir) would no longer hear of changes.
 */
export function setEnvironment(variables: Readonly<Record<string, string>>): () => void {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  return () => {
    for (const name of Object.keys(process.env))
      if (!(name in before)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, before);
  };
}

function readEnvironment(): Record<string, string> {
  const command = '. "$1"; exec env -0';
  const printed = execFileSync("sh", ["-c", command, "sh", join(checkout, "setup/environment.sh")], {
    encoding: "utf8",
  });
  const lines = printed.split("\0").filter((line) => line !== "");
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}
