import { isStorePath, type StorePath } from "./values";

/**
 * How a read says that a path is not as it should be: in the path itself, where a preview shows it against the one
 * that is wanted (`"missing: /nix/store/…" => "/nix/store/…"`).
 */
export type Flaw = "missing" | "unprotected" | "not activated" | "only running";

export function flawed(flaw: Flaw, path: string): StorePath {
  return `${flaw}: ${path}` as StorePath;
}

/** The path meant by a value that a read has put into the state. */
export function meant(path: string): StorePath | undefined {
  const bare = path.replace(/^[a-z ]+: /, "");
  return isStorePath(bare) ? bare : undefined;
}
