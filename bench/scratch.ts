import { mkdirSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { run } from "../test/fleet";

/**
 * What a run of benchmarks leaves on this machine while it lasts: a folder, and store paths and roots of builds. All of
 * it carries the run's name, which has our process number: so a run that was killed is cleared by the next one.
 */

const prefix = "pulumi-nix-bench-";
const place = tmpdir();
const ourRoots = "/var/lib/pulumi-nix/roots";
let name: string | undefined;

/** The run's name, for the names of store paths. */
export function runName(): string {
  name ??= begin();
  return name;
}

/** Its folder, which is also where temporary files of others in this process go. */
export function scratchFolder(): string {
  return join(place, runName());
}

export async function clearScratch(): Promise<void> {
  if (name !== undefined) await clear(name);
  name = undefined;
}

/** Clears what dead runs left, if they left anything. */
export async function clearDeadRuns(): Promise<void> {
  for (const dead of readdirSync(place).filter((entry) => entry.startsWith(prefix) && !lives(entry))) {
    await clear(dead);
  }
}

function begin(): string {
  const fresh = `${prefix}${process.pid}`;
  mkdirSync(join(place, fresh), { recursive: true });
  process.env["TMPDIR"] = join(place, fresh);
  return fresh;
}

function lives(owner: string): boolean {
  try {
    return process.kill(Number(owner.slice(prefix.length)), 0);
  } catch {
    return false;
  }
}

async function clear(owner: string): Promise<void> {
  removeRoots(owner);
  rmSync(join(place, owner), { recursive: true, force: true });
  await deletePaths(owner);
}

/** Roots that NixBuild keeps on purpose; the projects that would destroy them are gone. */
function removeRoots(owner: string): void {
  for (const folder of foldersIn(ourRoots)) {
    const links = readdirSync(folder).map((link) => readlinkSync(join(folder, link)));
    if (links.some((target) => basename(target).includes(`-${owner}-`))) rmSync(folder, { recursive: true });
  }
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((entry) => join(folder, entry));
  } catch {
    return [];
  }
}

async function deletePaths(owner: string): Promise<void> {
  const names = readdirSync("/nix/store").filter((path) => path.includes(`-${owner}-`));
  const [locks, ours] = [true, false].map((isLock) =>
    names.filter((path) => path.endsWith(".lock") === isLock),
  );
  // A build that was killed leaves its lock.
  for (const lock of locks ?? []) rmSync(join("/nix/store", lock), { force: true });
  if (ours === undefined || ours.length === 0) return;
  const outcome = await run(["nix-store", "--delete", ...ours.map((path) => join("/nix/store", path))]);
  if (outcome.code !== 0) throw new Error(`the store paths of ${owner} stay: ${outcome.stderr}`);
}
