import { readFileSync } from "node:fs";

/** Milliseconds between two looks. */
const interval = 20;

/** The most that processes held, each by itself and all that ran at the same time. */
export class PeakMemory {
  /** Bytes. */
  largest = 0;
  sum = 0;
  private readonly running = new Set<number>();
  private readonly timer = setInterval(() => this.look(), interval);

  watch = (pid: number | undefined): void => {
    if (pid !== undefined) this.running.add(pid);
  };

  stop(): this {
    clearInterval(this.timer);
    return this;
  }

  private look(): void {
    let sum = 0;
    for (const pid of this.running) {
      const held = heldBy(pid);
      if (held === 0) this.running.delete(pid);
      this.largest = Math.max(this.largest, held);
      sum += held;
    }
    this.sum = Math.max(this.sum, sum);
  }
}

/** Bytes; 0 when it has ended. */
function heldBy(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
