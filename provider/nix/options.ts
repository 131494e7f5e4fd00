import type { BuildSource } from "./build-source";

// Options that only an evaluation knows, with the number of words that follow each. `nix-store --realise` refuses them.
const evaluationOnly: Readonly<Record<string, number>> = {
  "-I": 1,
  "--include": 1,
  "--arg": 2,
  "--argstr": 2,
  "--impure": 0,
  "--pure-eval": 0,
  "--restrict-eval": 0,
  "--allow-import-from-derivation": 0,
  "--no-allow-import-from-derivation": 0,
  "--show-trace": 0,
};

/** The user's own options and trailing arguments, for the command that evaluates. */
export function evaluationArguments(source: BuildSource): string[] {
  const system = source.system === undefined ? [] : ["--option", "system", source.system];
  // `--impure` belongs to the newer command line; nix-instantiate is impure unless it is told otherwise.
  const extra = (source.extraArgs ?? []).filter((word) => word !== "--impure");
  return [...optionArguments(source.nixOptions), ...system, ...extra];
}

/** The same for the command that builds. */
export function buildArguments(source: Pick<BuildSource, "nixOptions" | "extraArgs">): string[] {
  const words = source.extraArgs ?? [];
  const kept: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string;
    const following = evaluationOnly[word];
    if (following === undefined) kept.push(word);
    else at += following;
  }
  return [...optionArguments(source.nixOptions), ...kept];
}

// Trailing arguments that open nothing more to an evaluation, with the number of words that follow each.
const closed: Readonly<Record<string, number>> = {
  "--argstr": 2,
  "--cores": 1,
  "--fallback": 0,
  "--keep-failed": 0,
  "--keep-going": 0,
  "--max-jobs": 1,
  "--option": 2,
  "--quiet": 0,
  "--show-trace": 0,
  "--verbose": 0,
  "-j": 1,
  "-k": 0,
  "-K": 0,
  "-v": 0,
};

// Settings that name files, places or programs of the machine, or say how far an evaluation may look.
const opening = /path|uri|eval|impure|plugin|native|registry|file|include|builders|hook|store/;

/**
 * Whether the user's options let an evaluation look at what no key of ours holds: a folder of `-I`, an allowed URI.
 * An argument that we do not know counts as such.
 */
export function looksFurther({ nixOptions, extraArgs = [] }: BuildSource): boolean {
  if (Object.keys(nixOptions ?? {}).some((name) => opening.test(name))) return true;
  for (let at = 0; at < extraArgs.length; at++) {
    const word = extraArgs[at] as string;
    const following = /^-j\d+$/.test(word) ? 0 : closed[word];
    if (following === undefined) return true;
    if (word === "--option" && opening.test(extraArgs[at + 1] ?? "")) return true;
    at += following;
  }
  return false;
}

/** Whether the user asked for an evaluation that may look at anything. */
export function isImpure(source: BuildSource): boolean {
  return (source.extraArgs ?? []).includes("--impure");
}

function optionArguments(options: Readonly<Record<string, string>> | undefined): string[] {
  return Object.entries(options ?? {}).flatMap(([name, value]) => ["--option", name, value]);
}
