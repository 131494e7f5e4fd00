import { factsOf } from "../host/facts";
import { isAccepted } from "../nix/signature";
import { parseSecretKey } from "../nix/signing-keys";
import { storeTrust, type StoreTrust } from "../nix/store-trust";
import type { ValidPath } from "../nix/valid-path";
import type { Admission, Destination } from "./destination";
import { refusal } from "./refusal";

/**
 * Finds out before the first byte that the daemon would refuse a path, which it says only when it has that path whole. What
 * cannot be told is left to the daemon.
 * @throws RefusedError with the ways out, when the login is not trusted there and paths have no signature that counts
 */
export function heedingTrust({ host, as }: Destination, secretKeys: readonly string[]): Admission {
  return async (missing) => {
    if (missing.length === 0) return missing;
    const { uid, user } = await factsOf(host, as);
    if (uid === 0) return missing;
    let trust = await storeTrust(host, as);
    if (!missing.some((path) => isRefused(path, trust))) return missing;
    trust = await storeTrust(host, as, true);
    const refused = missing.filter((path) => isRefused(path, trust));
    if (refused.length === 0) return missing;
    throw refusal(host, missing, refused, {
      because: distrust(user),
      lacking: "a signature that it accepts",
      hint: waysOut(user, trust, secretKeys),
    });
  };
}

function isRefused(path: ValidPath, trust: StoreTrust): boolean {
  if (trust.isTrusted !== false || !trust.requiresSignatures) return false;
  if (!trust.knowsAllKeys && path.signatures.length > 0) return false;
  return !isAccepted(path, trust.publicKeys);
}

export function distrust(user: string): string {
  return `the Nix daemon there does not trust the login "${user}"`;
}

/** @param trust what its nix.conf says, where that was asked */
export function waysOut(user: string, trust?: StoreTrust, secretKeys: readonly string[] = []): string {
  const own = secretKeys.map((key) => parseSecretKey(key).publicKey);
  const now = (set: string): string => (trust === undefined ? "" : ` (now: ${set || "none"})`);
  const known = now((trust?.publicKeys ?? []).map(({ name }) => name).join(", "));
  const key =
    own.length === 0 ? "sign the paths with signWith and add its public key" : `add ${own.join(" ")}`;
  return (
    `one of: add ${user} to trusted-users in /etc/nix/nix.conf there${now(trust?.trustedUsers ?? "")}; ${key} to ` +
    `trusted-public-keys there${known}; set elevate on the connection, so that root brings them. After a change of ` +
    "nix.conf: systemctl restart nix-daemon"
  );
}
