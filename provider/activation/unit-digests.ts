import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import type { StorePath } from "../values";

/** The unit files and drop-ins of a NixOS with a digest each: one that changes tells a unit that does. */
export type UnitDigests = Record<string, string>;

/** Where a NixOS has its units. */
export const unitFolder = "etc/systemd/system";

/** The units of a system in this machine's store; undefined when it is not there. */
export function unitsHere(system: StorePath): UnitDigests | undefined {
  const folder = join(system, unitFolder);
  try {
    const digests = unitFiles(folder).map((name) => [name, digestOfFile(join(folder, name))] as const);
    return Object.fromEntries(digests.filter(([, digest]) => digest !== undefined)) as UnitDigests;
  } catch {
    return undefined;
  }
}

const unitName = /\.(automount|device|mount|path|scope|service|slice|socket|swap|target|timer)$/;

function unitFiles(folder: string): string[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => (name.endsWith(".d") ? dropIns(folder, name) : unitName.test(name) ? [name] : []));
}

function dropIns(folder: string, name: string): string[] {
  const files = readdirSync(join(folder, name)).sort();
  return files.filter((file) => file.endsWith(".conf")).map((file) => `${name}/${file}`);
}

/** What list-contents.sh calls so too. */
const masked = "masked";

/** Undefined of a link that leads nowhere and of what is no file. */
function digestOfFile(file: string): string | undefined {
  if (!existsSync(file)) return undefined;
  // NixOS disables a unit by a link to a link.
  if (realpathSync(file) === "/dev/null") return masked;
  if (!statSync(file).isFile()) return undefined;
  return shortDigest(createHash("sha256").update(readFileSync(file)).digest("hex"));
}

export function shortDigest(digest: string): string {
  return digest.slice(0, 12);
}
