import { join } from "node:path";
import { z } from "zod";
import type { Host } from "../host/host";
import { loadProgram } from "../host/program";
import { nixString, nixValue } from "./build-source";

/**
 * An expression for a flake, allowed in a pure evaluation. It pins the flake to its content and revision: the same
 * expression gives the same result for ever.
 */
export type LockedFlake = string;

const metadataSchema = z.object({
  path: z.string(),
  locked: z.object({
    narHash: z.string(),
    lastModified: z.number().optional(),
    rev: z.string().optional(),
    revCount: z.number().optional(),
    dirtyRev: z.string().optional(),
    dirtyShortRev: z.string().optional(),
    submodules: z.boolean().optional(),
  }),
  resolved: z.object({ dir: z.string().optional() }).optional(),
});

/** Fetches a flake into the store, a dirty work tree included, and pins it. Never writes a lock file. */
export async function lockFlake(
  controller: Host,
  reference: string,
  options: readonly string[],
): Promise<LockedFlake> {
  const nix = async (...argv: string[]): Promise<string> => {
    const command = ["nix", "--extra-experimental-features", "nix-command flakes", ...argv];
    return (await controller.run(command, { doing: `fetching the flake ${reference}` })).stdout;
  };
  const told = await nix("flake", "metadata", "--json", "--no-write-lock-file", ...options, reference);
  const { path, locked, resolved } = metadataSchema.parse(JSON.parse(told));
  const { narHash, dirtyRev, dirtyShortRev, submodules, ...info } = locked;
  // What `nix build` tells the flake of its source, and a folder can be given too. Without lastModified,
  // `self.lastModified` fails on Nix 2.8 and is 0 on 2.26.
  const known = defined({ narHash, ...info });
  // Of a clean git tree, the common case, nothing is left but `submodules = false`.
  const more = defined({ dirtyRev, dirtyShortRev, submodules });
  const dir = resolved?.dir ?? "";
  if (dir === "" && Object.keys(more).length === 0) return `builtins.getFlake ${nixString(url(path, known))}`;
  const folder = join(path, dir);
  const hash = dir === "" ? narHash : (await nix("hash", "path", "--sri", folder)).trim();
  const around = { whole: url(path, { narHash, dir }), alone: url(folder, { narHash: hash }) };
  const tree = { type: "path", path, ...known };
  return `(${description}) (${nixValue({ ...around, tree, more, dir })})`;
}

const description = loadProgram(join(__dirname, "described-flake.nix")).text;

type Info = Record<string, string | number | boolean>;

function url(path: string, info: Info): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(info)) if (value !== "") query.set(name, String(value));
  return `path:${path}?${query.toString()}`;
}

function defined(info: Record<string, Info[string] | undefined>): Info {
  const pairs = Object.entries(info).filter((pair): pair is [string, Info[string]] => pair[1] !== undefined);
  return Object.fromEntries(pairs);
}
