import { hexOfBase32 } from "../nix/nix-hash";
import type { ValidPath } from "../nix/valid-path";
import { isStorePath, parseStorePath, type StorePath } from "../values";

/** What a binary cache says of a path, in a file of its own (Nix, src/libstore/nar-info.cc). */
export interface NarInfo extends ValidPath {
  /** The key of the object with the NAR. */
  readonly url: string;
  /** The whole file: other programs may have put lines into it that we do not know. */
  readonly text: string;
}

const storeFolder = "/nix/store/";
const hashLength = 32;

/** The key of the object that tells of a path. */
export function narInfoKey(path: StorePath): string {
  return `${path.slice(storeFolder.length, storeFolder.length + hashLength)}.narinfo`;
}

/** @throws Error when it is not what a cache says of this path */
export function parseNarInfo(text: string, path: StorePath): NarInfo {
  const lines = text.split("\n").map(fieldIn);
  const all = (name: string): string[] => lines.flatMap(([key, value]) => (key === name ? [value] : []));
  const one = (name: string): string => all(name)[0] ?? "";
  if (one("StorePath") !== path) throw new Error(`it is of '${one("StorePath")}'`);
  return {
    path,
    deriver: storePathNamed(one("Deriver")),
    references: one("References").split(" ").filter(Boolean).map(named),
    narSize: sizeIn(one("NarSize")),
    narHash: hexIn(one("NarHash")),
    ca: one("CA"),
    signatures: all("Sig"),
    url: keyIn(one("URL")),
    text,
  };
}

/** The file with these signatures beside those that it has. */
export function withSignatures(info: NarInfo, signatures: readonly string[]): string {
  const more = signatures.filter((signature) => !info.signatures.includes(signature));
  return [info.text.trimEnd(), ...more.map((signature) => `Sig: ${signature}`), ""].join("\n");
}

function fieldIn(line: string): [string, string] {
  const at = line.indexOf(": ");
  return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 2).trim()];
}

function named(name: string): StorePath {
  return parseStorePath(storeFolder + name);
}

function storePathNamed(name: string): StorePath | undefined {
  const path = storeFolder + name;
  return isStorePath(path) ? path : undefined;
}

function sizeIn(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new Error(`'${text}' is not a size`);
  return Number(text);
}

/** In base 32, as Nix writes it, or in hexadecimal digits. */
function hexIn(hash: string): string {
  const [, digits = ""] = /^sha256:([0-9a-z]+)$/.exec(hash) ?? [];
  return /^[0-9a-f]{64}$/.test(digits) ? digits : hexOfBase32(digits);
}

/** It becomes part of a URL or of a file's path. */
function keyIn(url: string): string {
  const isPlain = /^[\w+=.-]+(\/[\w+=.-]+)*(\?[\w=&.-]*)?$/.test(url) && !url.split("/").includes("..");
  if (!isPlain) throw new Error(`its URL '${url}' is not below the cache`);
  return url;
}
