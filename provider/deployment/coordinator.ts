import { randomBytes } from "node:crypto";
import { hostname, userInfo } from "node:os";

/** Tells what this run does on a machine from what another coordinator does. */
export const run = randomBytes(8).toString("hex");

/** Who begins a deployment, or ends one by hand. */
export function coordinator(): string {
  return `${userInfo().username} at ${hostname()}`;
}
