import { signed } from "../nix/signature";
import { parseSecretKey } from "../nix/signing-keys";
import type { Admission } from "./destination";

/** Signs what travels; the store that it comes from does not get the signatures. */
export function signing(secretKeys: readonly string[]): Admission {
  const keys = secretKeys.map(parseSecretKey);
  return async (missing) => missing.map((path) => signed(path, keys));
}
