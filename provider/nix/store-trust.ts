import { join } from "node:path";
import type { Host } from "../host/host";
import { loadProgram, runProgram } from "../host/program";
import { parsePublicKey, type PublicKey } from "./signing-keys";

/** What a machine's store asks of paths that a user brings. */
export interface StoreTrust {
  /** False when its daemon takes from this user only what it need not trust; undefined when it did not say. */
  readonly isTrusted: boolean | undefined;
  /** False when the machine takes everything from everybody (`require-sigs = false`). */
  readonly requiresSignatures: boolean;
  /** `trusted-public-keys` of the machine. */
  readonly publicKeys: readonly PublicKey[];
  /** `trusted-users` of the machine, as it is written. */
  readonly trustedUsers: string;
  /** False when there may be keys that this user cannot know of. */
  readonly knowsAllKeys: boolean;
}

const program = loadProgram(join(__dirname, "store-trust.sh"));
const asked = new WeakMap<Host, Map<string, Promise<StoreTrust>>>();

/**
 * Asked once for each machine and user, unless it is to be asked again: what the run deployed meanwhile may have changed
 * it. A failure is not kept. Leaves nothing behind there.
 */
export function storeTrust(host: Host, as: string = host.user, again = false): Promise<StoreTrust> {
  const known = asked.get(host) ?? new Map<string, Promise<StoreTrust>>();
  asked.set(host, known);
  const trust = (again ? undefined : known.get(as)) ?? ask(host, as);
  known.set(as, trust);
  trust.catch(() => known.delete(as));
  return trust;
}

async function ask(host: Host, as: string): Promise<StoreTrust> {
  const doing = "asking whose paths its store takes";
  // No setting need be named: then grep ends with 1.
  const options = { doing, as, timeout: 60, accept: [0, 1] };
  const { stdout } = await runProgram(host, program, [], options);
  const said = new Map(stdout.trimEnd().split("\n").map(setting));
  const keys = (said.get("trusted-public-keys") ?? "").split(/\s+/);
  return {
    isTrusted: answers[said.get("trusted") ?? ""],
    requiresSignatures: said.get("require-sigs") !== "false",
    publicKeys: keys.flatMap(usable),
    trustedUsers: said.get("trusted-users") ?? "",
    // Of the secret keys of the daemon the public ones are trusted too, and only root can read those files.
    knowsAllKeys: !said.has("unreadable") && (said.get("secret-key-files") ?? "") === "",
  };
}

const answers: Readonly<Record<string, boolean>> = { yes: true, no: false };

function setting(line: string): [string, string] {
  const at = line.indexOf("=");
  return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
}

/** A key that cannot be read signs nothing; Nix itself says so there, with everything that it is asked. */
function usable(key: string): PublicKey[] {
  try {
    return [parsePublicKey(key)];
  } catch {
    return [];
  }
}
