import { join } from "node:path";
import type { RemoteConnection } from "../connection";
import { CommandError, TimeoutError } from "../errors";
import type { Host } from "../host/host";
import { knownHostsLines } from "../host/host-key";
import { defaultIdleLimit } from "../nix/idle-limit";
import { heardProgram, secretLines } from "../nix/while-heard";
import type { StorePath } from "../values";

const program = heardProgram(join(__dirname, "send-directly.sh"));

export interface DirectRequest {
  readonly source: { readonly host: Host; readonly as: string | undefined };
  readonly target: RemoteConnection;
  readonly paths: readonly StorePath[];
  readonly onLine: (line: string) => void;
  /** Seconds in which nothing moves, after which it is given up; 600 by default. */
  readonly idleLimit?: number;
}

/**
 * Lets one machine send closures to another one by itself. The key to the other one is lent for as long as that takes, in
 * the memory of an agent. Nothing is protected by it: that is the caller's to do.
 * @returns why nothing was sent, or not all of it; undefined when all is there
 */
export async function sendDirectly(request: DirectRequest): Promise<string | undefined> {
  const { source, target, paths, onLine } = request;
  const { privateKey = "" } = target;
  const lines = await knownHostsLines(target);
  const missing = missingFor(target, lines);
  if (missing !== undefined) return missing;
  const { port, perDialTimeout } = target;
  const { idleLimit = defaultIdleLimit } = request;
  const dialLimit = String(perDialTimeout || 15);
  const limit = String(Math.ceil(idleLimit));
  const words = [storeOf(target), String(port), dialLimit, lines.join("\n"), limit, ...paths];
  const doing = `sending ${named(paths)} to ${target.host}`;
  const shownAs = ["nix", "copy", "--to", storeOf(target), ...paths];
  try {
    await source.host.run(["ssh-agent", "sh", "-c", program.text, program.name, ...words], {
      doing,
      as: source.as,
      shown: shownAs,
      input: secretLines(privateKey),
      inputStaysOpen: true,
      timeout: 24 * 3600,
      onLine,
    });
    return undefined;
  } catch (error) {
    if (error instanceof CommandError && error.exitCode === stalled)
      return new TimeoutError({ doing, host: source.host.name, waited: idleLimit, lastSeen }).message;
    if (error instanceof CommandError || error instanceof TimeoutError) return error.message;
    throw error;
  }
}

/** What the program ends with when nothing moved. */
const stalled = 124;
const lastSeen = "nothing moved in that time";

function named(paths: readonly StorePath[]): string {
  return paths.length === 1 ? String(paths[0]) : `${paths.length} closures`;
}

/** What cannot be lent to another machine, or would leave it to trust whoever answers. */
function missingFor(target: RemoteConnection, knownHosts: readonly string[]): string | undefined {
  const { privateKey, privateKeyPassword, elevate, elevatePassword, host } = target;
  if (privateKey === undefined || privateKeyPassword !== undefined)
    return `the connection to ${host} has no privateKey without a password`;
  if (elevate !== "none" && elevatePassword !== undefined) return `${elevate} on ${host} takes a password`;
  if (knownHosts.length === 0) return `the host key of ${host} is not known as a whole (hostKey, knownHosts)`;
  return undefined;
}

/** As Nix names the store of the machine, for whoever looks after it there. */
function storeOf({ user, host, elevate }: RemoteConnection): string {
  const program = elevate === "none" ? "" : `?remote-program=${elevate}%20-n%20nix-daemon`;
  const address = host.includes(":") ? `[${host}]` : host;
  return `ssh-ng://${user}@${address}${program}`;
}
