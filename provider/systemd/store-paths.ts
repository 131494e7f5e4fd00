declare const storePathBrand: unique symbol;

/** `/nix/store/<32 characters>-<name>`, with nothing behind it. */
export type StorePath = string & { readonly [storePathBrand]: true };

const pattern = /\/nix\/store\/[0-9a-df-np-sv-z]{32}-[0-9a-zA-Z+\-._?=]+/g;

/** Every store path that a text mentions, each once; sub-paths are cut off. */
export function storePathsIn(text: string): StorePath[] {
  return [...new Set(text.match(pattern) ?? [])] as StorePath[];
}
