import { readFileSync } from "node:fs";

/** What each of several processes may hold that evaluate one system after another. */
export class MemoryShare {
  /** The most bytes that a system added to what a process held. */
  private growth = 0;

  constructor(private readonly share: number) {}

  /** A process that has just started, on this machine. */
  of(pid: number): { isUsedUp(): boolean; isExceeded(): boolean } {
    let before: number | undefined;
    const look = (): number => {
      const held = residentMemory(pid) ?? 0;
      // The first system also fills what all share.
      if (before !== undefined) this.growth = Math.max(this.growth, held - before);
      return held;
    };
    return {
      /** To be asked after each system: whether another one may be too much. */
      isUsedUp: () => {
        before = look();
        return before + this.growth > this.share;
      },
      /** While one is evaluated: whether it is too much; never of the first, which would need as much anywhere. */
      isExceeded: () => before !== undefined && look() > this.share,
    };
  }
}

/** Bytes; undefined where that cannot be told (no /proc, or the process has ended). */
function residentMemory(pid: number): number | undefined {
  try {
    const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  } catch {
    return undefined;
  }
}
