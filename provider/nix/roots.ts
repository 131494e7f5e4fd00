import { join } from "node:path";
import type { Host } from "../host/host";
import { loadProgram, runProgram } from "../host/program";
import type { StorePath } from "../values";

/**
 * Garbage-collector roots of ours: links in a folder of our own that Nix knows of as indirect roots
 * (`nix-store --add-root --indirect`), so that they need no right to write below /nix/var. Removing a link is
 * enough: the collector forgets a root whose link is gone.
 */

const programs = {
  add: loadProgram(join(__dirname, "add-roots.sh")),
  list: loadProgram(join(__dirname, "list-roots.sh")),
  remove: loadProgram(join(__dirname, "remove-roots.sh")),
};

/** Makes the folder hold a root for each path and no other. The new ones stand before the old ones go. */
export async function ensureRoots(
  host: Host,
  as: string | undefined,
  folder: string,
  paths: readonly StorePath[],
): Promise<void> {
  await runProgram(host, programs.add, ["0", folder, ...paths], {
    doing: "protecting paths from collection",
    as,
  });
}

/** Adds roots, newest last, and keeps only the newest `keep` of the folder. */
export async function addRoots(
  host: Host,
  as: string | undefined,
  folder: string,
  paths: readonly StorePath[],
  keep: number,
): Promise<void> {
  await runProgram(host, programs.add, [String(keep), folder, ...paths], {
    doing: "protecting paths from collection",
    as,
  });
}

/** The paths that the folder protects: rooted and still valid. */
export async function rootedPaths(host: Host, as: string | undefined, folder: string): Promise<string[]> {
  const { stdout } = await runProgram(host, programs.list, [folder], { doing: "reading our roots", as });
  return stdout.split("\n").filter((line) => line !== "");
}

/** Removes the folder with all its roots; gone already is success. */
export async function removeRoots(host: Host, as: string | undefined, folder: string): Promise<void> {
  await runProgram(host, programs.remove, [folder], { doing: "removing our roots", as });
}
