import { z } from "zod";

declare const storePathBrand: unique symbol;

/** `/nix/store/<32 characters>-<name>`, with nothing behind it. */
export type StorePath = string & { readonly [storePathBrand]: true };

// Nix's own base 32 has no e, o, t, u; names may hold these characters and are at most 211 long
// (Nix, src/libstore/path.cc).
const storePathPattern = /^\/nix\/store\/[0-9a-df-np-sv-z]{32}-[0-9a-zA-Z+\-._?=]{1,211}$/;

export function isStorePath(text: string): text is StorePath {
  return storePathPattern.test(text);
}

/** @throws Error naming the text */
export function parseStorePath(text: string): StorePath {
  if (!isStorePath(text)) throw new Error(`'${text}' is not a store path`);
  return text;
}

/** Every store path that a text mentions, each once, in the order they appear; sub-paths are cut off. */
export function storePathsIn(text: string): StorePath[] {
  const found = text.match(/\/nix\/store\/[0-9a-df-np-sv-z]{32}-[0-9a-zA-Z+\-._?=]+/g) ?? [];
  return [...new Set(found)].filter(isStorePath);
}

/** The part behind the hash: `web-1.2`. */
export function storePathName(path: StorePath): string {
  return path.slice("/nix/store/".length + 33);
}

/** `/nix/store/…-web-1.2 and 3 more`, for messages. */
export function shownPaths([first, ...others]: readonly StorePath[]): string {
  return others.length === 0 ? String(first) : `${first} and ${others.length} more`;
}

export const storePathSchema = z
  .string()
  .refine(isStorePath, { error: "must be a store path: /nix/store/<32 characters>-<name>" })
  .transform((text) => text);
