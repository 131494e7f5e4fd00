import { sign as signBytes, verify as verifyBytes } from "node:crypto";
import { isContentAddressed } from "./content-address";
import { base32OfHex } from "./nix-hash";
import type { PublicKey, SecretKey } from "./signing-keys";
import type { ValidPath } from "./valid-path";

/** What a signature of a path is of (Nix, src/libstore/path-info.cc): what it holds and what it refers to. */
export function fingerprint({ path, narHash, narSize, references }: ValidPath): string {
  return `1;${path};sha256:${base32OfHex(narHash)};${narSize};${[...references].sort().join(",")}`;
}

/** The path with signatures of these keys, beside those that it has. */
export function signed(path: ValidPath, keys: readonly SecretKey[]): ValidPath {
  const text = Buffer.from(fingerprint(path));
  const own = keys.map(({ name, key }) => `${name}:${signBytes(null, text, key).toString("base64")}`);
  return { ...path, signatures: [...new Set([...path.signatures, ...own])] };
}

/** Whether a store that trusts these keys takes the path from anybody: signed, or its name says what it holds. */
export function isAccepted(path: ValidPath, keys: readonly PublicKey[]): boolean {
  return isSignedBy(path, keys) || isContentAddressed(path);
}

export function isSignedBy(path: ValidPath, keys: readonly PublicKey[]): boolean {
  return path.signatures.some((signature) => keys.some((key) => isSignature(path, signature, key)));
}

/** The name of the key that a signature says it is of. */
export function nameOfKey(signature: string): string {
  return signature.slice(0, signature.indexOf(":"));
}

function isSignature(path: ValidPath, signature: string, { name, key }: PublicKey): boolean {
  if (nameOfKey(signature) !== name) return false;
  const bytes = Buffer.from(signature.slice(name.length + 1), "base64");
  return verifyBytes(null, Buffer.from(fingerprint(path)), key, bytes);
}
