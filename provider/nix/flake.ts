import { z } from "zod";
import type { Host } from "../host/host";
import { nixString } from "./build-source";

/**
 * `builtins.getFlake …`, allowed in a pure evaluation. It pins the flake to its content: the same expression gives the
 * same result for ever.
 */
export type LockedFlake = string;

const metadataSchema = z.object({
  path: z.string(),
  locked: z.object({ narHash: z.string(), lastModified: z.number().optional() }),
  resolved: z.object({ dir: z.string().optional() }).optional(),
});

/** Fetches a flake into the store, a dirty work tree included, and pins it. Never writes a lock file. */
export async function lockFlake(
  controller: Host,
  reference: string,
  options: readonly string[],
): Promise<LockedFlake> {
  const features = ["--extra-experimental-features", "nix-command flakes"];
  const argv = [
    "nix",
    ...features,
    "flake",
    "metadata",
    "--json",
    "--no-write-lock-file",
    ...options,
    reference,
  ];
  const { stdout } = await controller.run(argv, { doing: `fetching the flake ${reference}` });
  const metadata = metadataSchema.parse(JSON.parse(stdout));
  const { narHash, lastModified } = metadata.locked;
  const query = new URLSearchParams({ narHash });
  // Without lastModified, `self.lastModified` fails on Nix 2.8 and is 0 on 2.26.
  if (lastModified !== undefined) query.set("lastModified", String(lastModified));
  if (metadata.resolved?.dir) query.set("dir", metadata.resolved.dir);
  return `builtins.getFlake ${nixString(`path:${metadata.path}?${query.toString()}`)}`;
}
