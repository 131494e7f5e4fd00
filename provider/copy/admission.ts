import type { Admission, Destination } from "./destination";
import { requiringSignatures } from "./required-signatures";
import { signing } from "./signing";
import { heedingTrust } from "./trusted-login";

/** What a copy is asked to sign and to look for. */
export interface Trust {
  /** Secret keys. */
  readonly signWith?: string | readonly string[] | undefined;
  readonly requireSignatures?: boolean | undefined;
  /** The machine's own when there are none. */
  readonly trustedPublicKeys?: readonly string[] | undefined;
}

/** In order: what is signed on the way counts as signed. */
export function admissions(destination: Destination, trust: Trust): Admission[] {
  const { signWith = [], requireSignatures = false, trustedPublicKeys } = trust;
  const secretKeys = typeof signWith === "string" ? [signWith] : signWith;
  return [
    ...(secretKeys.length > 0 ? [signing(secretKeys)] : []),
    ...(requireSignatures ? [requiringSignatures(destination, trustedPublicKeys)] : []),
    heedingTrust(destination, secretKeys),
  ];
}
