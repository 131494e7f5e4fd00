import { join } from "node:path";
import type { Host } from "../host/host";
import { loadProgram, runProgram } from "../host/program";

const program = loadProgram(join(__dirname, "enable-linger.sh"));

/**
 * Lets a user's units run without a session of theirs, from boot on. Root may do that for everybody; users for
 * themselves only where polkit lets them.
 */
export async function enableLinger(host: Host, user: string): Promise<void> {
  const as = host.canElevate && host.user !== "root" ? "root" : undefined;
  await runProgram(host, program, [user], { doing: `letting units of ${user} run without a login`, as });
}
