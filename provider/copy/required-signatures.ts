import { isAccepted } from "../nix/signature";
import { parsePublicKey } from "../nix/signing-keys";
import { storeTrust } from "../nix/store-trust";
import type { Admission, Destination } from "./destination";
import { refusal } from "./refusal";

/**
 * Lets only signed paths travel, whoever would take others: of these keys, or else of those that the machine trusts. A
 * path that is content-addressed needs no signature.
 * @throws RefusedError naming the paths that have none
 */
export function requiringSignatures(
  { host, as }: Destination,
  publicKeys: readonly string[] | undefined,
): Admission {
  return async (missing) => {
    if (missing.length === 0) return missing;
    const keys = publicKeys?.map(parsePublicKey) ?? (await storeTrust(host, as)).publicKeys;
    const refused = missing.filter((path) => !isAccepted(path, keys));
    if (refused.length === 0) return missing;
    const names = keys.map(({ name }) => name).join(", ");
    throw refusal(host, missing, refused, {
      lacking: `a valid signature of a trusted key (${names || "there is none"})`,
      hint:
        "sign them with signWith, or let them come from where they are signed; whose signature counts is said by " +
        "trustedPublicKeys, or else by trusted-public-keys in nix.conf there",
    });
  };
}
