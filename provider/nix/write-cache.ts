import type { Host } from "../host/host";
import type { StorePath } from "../values";

export const compressions = ["zstd", "xz", "gzip", "bzip2", "br", "none"] as const;

export interface Compression {
  readonly compression: (typeof compressions)[number];
  /** What the method calls its levels; its own default by default. */
  readonly compressionLevel?: number | undefined;
}

/** What libarchive takes, with which Nix compresses; a higher one fails when all is evaluated and built. */
export function highestLevel(compression: Compression["compression"]): number {
  return compression === "zstd" ? 22 : 9;
}

/**
 * Has Nix write paths into a binary cache in a folder. What they refer to has to be there already; what is there
 * already is left as it is.
 */
export async function writeCache(
  host: Host,
  folder: string,
  paths: readonly StorePath[],
  compression: Compression,
): Promise<void> {
  for (const some of alike(paths)) await write(host, folder, some, compression);
}

async function write(
  host: Host,
  folder: string,
  paths: readonly StorePath[],
  { compression, compressionLevel }: Compression,
): Promise<void> {
  const level = compressionLevel === undefined ? "" : `&compression-level=${compressionLevel}`;
  const to = `file://${folder}?compression=${compression}${level}`;
  const words = ["copy", "--no-recursive", ...(isDerivation(paths[0]) ? ["--derivation"] : [])];
  const argv = ["nix", "--extra-experimental-features", "nix-command", ...words, "--to", to];
  await host.run([...argv, ...paths], {
    doing: `compressing ${paths.length} path${paths.length === 1 ? "" : "s"}`,
    shown: [...argv, "…"],
    timeout: 24 * 3600,
  });
}

/** In their order, derivations and others apart: before Nix 2.15 one without the option means what it builds. */
function alike(paths: readonly StorePath[]): StorePath[][] {
  const parts: StorePath[][] = [];
  for (const path of paths) {
    const last = parts.at(-1);
    if (last !== undefined && isDerivation(last[0]) === isDerivation(path)) last.push(path);
    else parts.push([path]);
  }
  return parts;
}

function isDerivation(path: StorePath | undefined): boolean {
  return path?.endsWith(".drv") ?? false;
}
