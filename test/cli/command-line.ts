import { join } from "node:path";
import { type Host, type Outcome, run, type User } from "../fleet";
import { checkout, type RunOptions } from "../fleet/script";

/** Runs `pulumi-nix` as a process of its own. */
export function pulumiNix(args: readonly string[], options?: RunOptions): Promise<Outcome> {
  return run([...program, ...args], options);
}

/** What starts it, of the package as npm would install it. */
export const program: readonly string[] = [
  process.execPath,
  join(checkout, "examples/node_modules/pulumi-nix/dist/cli/index.js"),
];

/** What names a test host on the command line, and logs in there. */
export function hostArguments(host: Host, user: User = "root"): string[] {
  const { address, hostKey, privateKeyPath } = host;
  return [
    user === "root" ? address : `${user}@${address}`,
    "--identity",
    privateKeyPath,
    "--host-key",
    hostKey,
  ];
}

/** A command on a test host. */
export function on(host: Host, command: string, ...more: string[]): Promise<Outcome> {
  return pulumiNix([command, ...hostArguments(host), ...more]);
}
