import { createHash } from "node:crypto";
import { storePathName } from "../values";
import { base32OfHex, hexOfBase32 } from "./nix-hash";
import type { ValidPath } from "./valid-path";

/**
 * Whether the name of a path follows from what its content address says that it holds: then it needs nobody's signature,
 * for the store that takes it compares the content (Nix, src/libstore/store-dir-config.cc: makeFixedOutputPathFromCA).
 */
export function isContentAddressed(path: ValidPath): boolean {
  const { method, algorithm, base32 } = addressPattern.exec(path.ca)?.groups ?? {};
  const length = hashBytes[algorithm ?? ""];
  if (method === undefined || base32 === undefined || length === undefined) return false;
  const hash = `${algorithm}:${hexOf(base32, length)}`;
  return path.path === addressed(path, method, hash);
}

const addressPattern = /^(?<method>text|fixed(:r|:git)?):(?<algorithm>[a-z0-9]+):(?<base32>[0-9a-z]+)$/;
const hashBytes: Readonly<Record<string, number>> = { md5: 16, sha1: 20, sha256: 32, sha512: 64 };

function hexOf(base32: string, length: number): string {
  try {
    return hexOfBase32(base32, length);
  } catch {
    return "";
  }
}

function addressed(path: ValidPath, method: string, hash: string): string | undefined {
  const others = path.references.filter((reference) => reference !== path.path).sort();
  const self = others.length < path.references.length;
  if (method === "text") return self ? undefined : storePath(path, ["text", ...others], hash);
  if (method === "fixed:r" && hash.startsWith("sha256:"))
    return storePath(path, ["source", ...others, ...(self ? ["self"] : [])], hash);
  if (path.references.length > 0) return undefined;
  const outer = sha256(`fixed:out:${method.slice("fixed:".length)}${method === "fixed" ? "" : ":"}${hash}:`);
  return storePath(path, ["output", "out"], `sha256:${outer.toString("hex")}`);
}

const digestBytes = 20;

/** The name of the path is part of what is hashed, and the hash is folded to 20 bytes. */
function storePath({ path }: ValidPath, type: readonly string[], hash: string): string {
  const name = storePathName(path);
  const whole = sha256(`${type.join(":")}:${hash}:/nix/store:${name}`);
  const folded = Buffer.alloc(digestBytes);
  for (const [index, byte] of whole.entries()) {
    const at = index % digestBytes;
    folded[at] = (folded[at] as number) ^ byte;
  }
  return `/nix/store/${base32OfHex(folded.toString("hex"))}-${name}`;
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
