import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { z } from "zod";

/**
 * Keys as Nix writes them (Nix, src/libutil/signature/local-keys.cc): `NAME:BASE64`, of a public key 32 bytes, of a
 * secret one the 32 bytes that it is made from and its public key behind them. What is said of a wrong one never holds
 * the key.
 */

export interface PublicKey {
  /** What a signature calls the key by: no more than a hint at which one it was. */
  readonly name: string;
  readonly key: KeyObject;
}

export interface SecretKey extends PublicKey {
  /** The text of the public key that belongs to it. */
  readonly publicKey: string;
}

const halfBytes = 32;

/** A new pair of keys. */
export function generateKeys(name: string): { secretKey: string; publicKey: string } {
  const { d, x } = generateKeyPairSync("ed25519").privateKey.export({ format: "jwk" });
  const [seed, half] = [d, x].map((part) => Buffer.from(part ?? "", "base64url")) as [Buffer, Buffer];
  return {
    secretKey: `${name}:${Buffer.concat([seed, half]).toString("base64")}`,
    publicKey: `${name}:${half.toString("base64")}`,
  };
}

/** @throws Error saying what is wrong with it */
export function parseSecretKey(text: string): SecretKey {
  const { name, bytes } = parts(text, "secret");
  if (bytes.length === halfBytes) throw new Error("is a public key, and a secret one is needed");
  if (bytes.length !== 2 * halfBytes) throw new Error(`${notKey("secret")}: it has ${bytes.length} bytes`);
  const half = bytes.subarray(halfBytes);
  const d = bytes.toString("base64url", 0, halfBytes);
  const key = createPrivateKey({ key: { ...jwk(half), d }, format: "jwk" });
  if (createPublicKey(key).export({ format: "jwk" }).x !== half.toString("base64url"))
    throw new Error(`${notKey("secret")}: its two halves do not belong together`);
  return { name, key, publicKey: `${name}:${half.toString("base64")}` };
}

/** @throws Error saying what is wrong with it */
export function parsePublicKey(text: string): PublicKey {
  const { name, bytes } = parts(text, "public");
  if (bytes.length === 2 * halfBytes)
    throw new Error("is a secret key: give the public one that belongs to it");
  if (bytes.length !== halfBytes) throw new Error(`${notKey("public")}: it has ${bytes.length} bytes`);
  return { name, key: createPublicKey({ key: jwk(bytes), format: "jwk" }) };
}

/** The name of a key: a list of keys is parted by blanks, and the name is what stands before the first colon. */
export const keyNameSchema = z
  .string()
  .regex(/^[^\s:]+$/, { error: "must be a name without blanks and colons, such as cache.example.org-1" });

export const secretKeySchema = keySchema(parseSecretKey);
export const publicKeySchema = keySchema(parsePublicKey);

function keySchema(parse: (text: string) => unknown): z.ZodType<string, string> {
  return z
    .string()
    .trim()
    .superRefine((text, context) => {
      try {
        parse(text);
      } catch (error) {
        context.addIssue({ code: "custom", message: (error as Error).message });
      }
    });
}

type Kind = "secret" | "public";

function parts(text: string, kind: Kind): { name: string; bytes: Buffer } {
  const { name, base64 } = /^(?<name>[^\s:]+):(?<base64>[0-9A-Za-z+/]+={0,2})$/.exec(text)?.groups ?? {};
  if (name === undefined || base64 === undefined) throw new Error(notKey(kind));
  return { name, bytes: Buffer.from(base64, "base64") };
}

function notKey(kind: Kind): string {
  const maker = kind === "secret" ? "nix key generate-secret" : "nix key convert-secret-to-public";
  return `is not a ${kind} key as "${maker}" writes it, NAME:BASE64`;
}

function jwk(publicHalf: Buffer): { kty: string; crv: string; x: string } {
  return { kty: "OKP", crv: "Ed25519", x: publicHalf.toString("base64url") };
}
