import type { StorePath } from "../values";

// A store path does not tell its derivation. What this process was told of (every run checks every NixBuild first)
// lets a copy build again what is not in this machine's store, as after a move to a fresh CI runner.
const derivations = new Map<StorePath, StorePath>();

export function rememberDerivation(drvPath: StorePath, outputs: Readonly<Record<string, StorePath>>): void {
  for (const path of Object.values(outputs)) derivations.set(path, drvPath);
}

export function derivationOf(path: StorePath): StorePath | undefined {
  return derivations.get(path);
}
