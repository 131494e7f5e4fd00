import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { Host } from "../fleet";
import type { Project } from "./project";

export interface Process {
  readonly pid: number;
  readonly command: string;
}

/** What runs on this machine for a project: its environment names the project's folder. */
export function processesOf(project: Project): Process[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    const command = processFile(pid, "cmdline").replaceAll("\0", " ").trim();
    const isOurs = processFile(pid, "environ").includes(project.folder);
    return isOurs && command !== "" ? [{ pid: Number(pid), command }] : [];
  });
}

/** The processes that serve our resources to the engine; while it starts there may be none, or two. */
export function providersOf(project: Project): Process[] {
  return processesOf(project).filter(({ command }) => /node.*dynamic-provider/.test(command));
}

/** Commands of ours and logins on a host. */
export async function leftOn(host: Host): Promise<string[]> {
  const pattern = "[n]ix-store --|[p]ulumi-nix|[l]aunch.sh|sshd(-session)?: [a-z]+(@notty|$)";
  const { stdout } = await host.trySh(`pgrep -fa '${pattern}'`);
  return stdout.split("\n").filter((line) => line !== "" && !/pgrep|nsenter/.test(line));
}

/** Bytes that a copy to the host has brought by now. */
export async function receivedBy(host: Host): Promise<number> {
  const pids = "pgrep -f '^(/usr/bin/)?nix-store --serve'";
  const { stdout } = await host.trySh(`for pid in $(${pids}); do sed -n 's/^rchar: //p' /proc/$pid/io; done`);
  return Number(stdout.split("\n")[0]);
}

/** Waits until it is so; what is in the way may be said. The limit only ends a test that will never pass. */
export async function until(
  what: string,
  isSo: () => boolean | string | Promise<boolean | string>,
  seconds = 90,
): Promise<void> {
  for (const end = Date.now() + seconds * 1000; ; await delay(50)) {
    const found = await isSo();
    if (found === true) return;
    if (Date.now() > end) throw new Error(`after ${seconds} s still not so: ${what}\n${found || ""}`);
  }
}

function processFile(pid: string, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return ""; // It has ended.
  }
}
