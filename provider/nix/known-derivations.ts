import type { Connection } from "../connection";
import type { StorePath } from "../values";
import type { Builders } from "./builders";

// A store path does not tell its derivation. What this process was told of (every run checks every NixBuild first)
// lets a copy build again what is not in this machine's store, as after a move to a fresh CI runner.
const derivations = new Map<StorePath, KnownDerivation>();

export interface KnownDerivation {
  readonly drvPath: StorePath;
  /** Arguments that the user wants it to be built with. */
  readonly arguments: readonly string[];
  readonly builders?: Builders | undefined;
  /** The machine that builds it, if that is not this one. */
  readonly buildOn?: Connection | undefined;
}

export function rememberDerivation(
  derivation: KnownDerivation,
  outputs: Readonly<Record<string, StorePath>>,
): void {
  for (const path of Object.values(outputs)) derivations.set(path, derivation);
}

export function derivationOf(path: StorePath): KnownDerivation | undefined {
  return derivations.get(path);
}
