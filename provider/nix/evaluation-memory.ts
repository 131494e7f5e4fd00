import { readFileSync } from "node:fs";

/** Bytes that a process on this machine holds; undefined where that cannot be told (no /proc, or it has ended). */
export function residentMemory(pid: number): number | undefined {
  try {
    const [, kibibytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  } catch {
    return undefined;
  }
}

/**
 * Whether a process that evaluates one system after another has to be ended before it outgrows its share: when it has,
 * or would with another system that takes as much as the largest so far.
 */
export class MemoryShare {
  private held: number | undefined;
  private growth = 0;

  constructor(private readonly share: number) {}

  /** To be asked after each system. */
  isUsedUp(pid: number): boolean {
    const held = residentMemory(pid);
    if (held === undefined) return false;
    // The first system also fills what all share.
    if (this.held !== undefined) this.growth = Math.max(this.growth, held - this.held);
    this.held = held;
    return held + this.growth > this.share;
  }
}
