import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { join } from "node:path";

export interface Staging {
  readonly folder: string;
  remove(): void;
}

/**
 * A folder that only this user can look into, beside what else we keep of this user's: below /tmp there may be too
 * little room. It goes with the process at the latest; what a killed one left behind, one that comes an hour later takes
 * away. Every so many milliseconds it is marked as in use.
 */
export function makeStaging(beat = 60_000): Staging {
  const parent = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "pulumi-nix", "staging");
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  sweep(parent);
  const folder = mkdtempSync(join(parent, `${hostname()}-${process.pid}-`));
  folders.add(folder);
  const beating = setInterval(() => mark(folder), beat).unref();
  const remove = (): void => {
    clearInterval(beating);
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

function mark(folder: string): void {
  const now = new Date();
  try {
    utimesSync(folder, now, now);
  } catch {
    // Who works in it tells what became of it.
  }
}

/** Milliseconds without a mark. */
const abandoned = 3600 * 1000;

/**
 * A home may be shared by machines, and by containers that have one name and know nothing of each other's processes: a
 * process that we do not see says nothing. One that we see may have been asleep with the machine.
 */
function sweep(parent: string): void {
  for (const name of readdirSync(parent)) {
    const [, machine, pid] = /^(.*)-(\d+)-[^-]*$/.exec(name) ?? [];
    const folder = join(parent, name);
    const { mtimeMs = Infinity } = statSync(folder, { throwIfNoEntry: false }) ?? {};
    if (mtimeMs > Date.now() - abandoned || (machine === hostname() && isAlive(Number(pid)))) continue;
    rmSync(folder, { recursive: true, force: true });
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
