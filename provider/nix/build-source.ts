import { resolve } from "node:path";

/** Any JSON value. Integers beyond 2^53 lose digits in JavaScript already. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Where a derivation comes from, with how to evaluate it. */
export interface BuildSource {
  flake?: string | undefined;
  file?: string | undefined;
  attr?: string | undefined;
  expr?: string | undefined;
  args?: Record<string, Json> | undefined;
  system?: string | undefined;
  nixOptions?: Record<string, string> | undefined;
  extraArgs?: string[] | undefined;
}

/** The input that a user would look at first when the evaluation failed. */
export function sourceProperty(source: BuildSource): "flake" | "file" | "expr" {
  if (source.flake !== undefined) return "flake";
  return source.file !== undefined ? "file" : "expr";
}

/** `a."b.c".d` as Nix reads an attribute path: a, b.c, d. */
export function attributePath(attr: string): string[] {
  if (attr === "") return [];
  const parts = attr.match(/"[^"]*"|[^."]+/g) ?? [];
  return parts.map((part) => part.replace(/^"|"$/g, ""));
}

/** A flake installable: what is before and behind the `#`. A relative folder counts from the program's folder. */
export function flakeReference(installable: string): { reference: string; fragment: string } {
  const at = installable.indexOf("#");
  const reference = at < 0 ? installable : installable.slice(0, at);
  const fragment = at < 0 ? "" : installable.slice(at + 1);
  const isFolder = reference === "" || reference.startsWith(".") || reference.startsWith("/");
  return { reference: isFolder ? resolve(reference) : reference, fragment };
}

/** A Nix string literal. */
export function nixString(text: string): string {
  const escaped = text.replace(/[\\"]/g, "\\$&").replace(/\$\{/g, "\\${");
  return `"${escaped}"`;
}

/** A JSON value as a Nix expression, exact on every version. */
export function nixValue(value: Json): string {
  return `(builtins.fromJSON ${nixString(JSON.stringify(value))})`;
}
