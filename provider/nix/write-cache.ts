import type { Host } from "../host/host";
import type { StorePath } from "../values";

export const compressions = ["zstd", "xz", "gzip", "bzip2", "br", "none"] as const;

export interface Compression {
  readonly compression: (typeof compressions)[number];
  /** What the method calls its levels; its own default by default. */
  readonly compressionLevel?: number | undefined;
}

/**
 * Has Nix write paths into a binary cache in a folder. What they refer to has to be there already; what is there
 * already is left as it is.
 */
export async function writeCache(
  host: Host,
  folder: string,
  paths: readonly StorePath[],
  { compression, compressionLevel }: Compression,
): Promise<void> {
  const level = compressionLevel === undefined ? "" : `&compression-level=${compressionLevel}`;
  const to = `file://${folder}?compression=${compression}${level}`;
  const argv = ["nix", "--extra-experimental-features", "nix-command", "copy", "--no-recursive", "--to", to];
  await host.run([...argv, ...paths], {
    doing: `compressing ${paths.length} path${paths.length === 1 ? "" : "s"}`,
    shown: [...argv, "…"],
    timeout: 24 * 3600,
  });
}
