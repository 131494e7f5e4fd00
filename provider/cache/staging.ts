import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { join } from "node:path";

export interface Staging {
  readonly folder: string;
  remove(): void;
}

/**
 * A folder that only this user can look into, beside what else we keep of this user's: below /tmp there may be too
 * little room. It goes with the process at the latest; what a killed one left behind, the next one takes away.
 */
export function makeStaging(): Staging {
  const parent = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "pulumi-nix", "staging");
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  sweep(parent);
  const folder = mkdtempSync(join(parent, `${hostname()}-${process.pid}-`));
  folders.add(folder);
  const remove = (): void => {
    folders.delete(folder);
    rmSync(folder, { recursive: true, force: true });
  };
  return { folder, remove };
}

const folders = new Set<string>();
process.once("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Lends such a folder. */
export async function withStaging<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const { folder, remove } = makeStaging();
  try {
    return await work(folder);
  } finally {
    remove();
  }
}

/** A home may be shared by machines: only of this one we can tell what is alive. */
function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    const [, machine, pid] = /^(.*)-(\d+)-[^-]*$/.exec(name) ?? [];
    if (machine !== hostname() || isAlive(Number(pid))) continue;
    rmSync(join(parent, name), { recursive: true, force: true });
  }
}

/** Of another user's process we are told that it is not ours, which is life enough. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
