import { z } from "zod";
import { isStorePath, type StorePath } from "./values";

/**
 * How a read says that a path is not as it should be: in the path itself, where a preview shows it against the one
 * that is wanted (`"missing: /nix/store/…" => "/nix/store/…"`).
 */
export type Flaw = "missing" | "incomplete" | "unsigned" | "unprotected" | "not activated" | "only running";

export function flawed(flaw: Flaw, path: string): StorePath {
  return `${flaw}: ${path}` as StorePath;
}

/** The path meant by a value that a read has put into the state. */
export function meant(path: string): StorePath | undefined {
  const bare = path.replace(/^[a-z ]+: /, "");
  return isStorePath(bare) ? bare : undefined;
}

/**
 * A path as a program gives it, which is what a read has put into the state where the path is another resource's output
 * and that one is pinned or left out by `--target`.
 */
export const meantPathSchema = z
  .string()
  .transform((text) => meant(text) ?? text)
  .refine(isStorePath, { error: "must be a store path: /nix/store/<32 characters>-<name>" });

/** Whether both are about the same path, whatever a read found out about it. */
export function isSamePath(one: unknown, other: unknown): boolean {
  return (
    typeof one === "string" && typeof other === "string" && (meant(one) ?? one) === (meant(other) ?? other)
  );
}
