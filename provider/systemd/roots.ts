import { join } from "node:path";
import type { Host } from "../host/host";
import { loadProgram, runProgram } from "../host/program";
import type { StorePath } from "./store-paths";

const ensureProgram = loadProgram(join(__dirname, "ensure-roots.sh"));
const removeProgram = loadProgram(join(__dirname, "remove-roots.sh"));

/** Makes the folder hold a root for each path and no other. The new ones stand before the old ones go. */
export async function ensureRoots(
  host: Host,
  as: string | undefined,
  folder: string,
  paths: readonly StorePath[],
): Promise<void> {
  const doing = "protecting paths from collection";
  await runProgram(host, ensureProgram, [folder, ...paths], { doing, as });
}

/** Removes the folder with all its roots; gone already is success. */
export async function removeRoots(host: Host, as: string | undefined, folder: string): Promise<void> {
  await runProgram(host, removeProgram, [folder], { doing: "removing our roots", as });
}
