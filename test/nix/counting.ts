import { readFileSync } from "node:fs";
import type { Host, RunOptions, RunResult } from "../../provider/host/host";

/** A variable for who counts: a machine that is slow enough would share the work out. */
export const oneWorker = { PULUMI_NIX_EVAL_WORKERS: "1" };

/** A host that counts the Nix processes it is asked for. */
export class Counting implements Host {
  readonly commands: string[] = [];
  /** The most evaluations that there were at a time. */
  most = 0;
  /** Bytes that the largest of them held; looked at every few milliseconds. */
  largest = 0;
  /** The process of the last one that started. */
  last: number | undefined;
  private running = 0;

  constructor(private readonly inner: Host) {}
  get name(): string {
    return this.inner.name;
  }
  get user(): string {
    return this.inner.user;
  }
  get canElevate(): boolean {
    return this.inner.canElevate;
  }
  run(argv: readonly string[], options: RunOptions): Promise<RunResult> {
    const command = argv.slice(0, 2).join(" ");
    this.commands.push(command);
    return command === evaluation ? this.evaluate(argv, options) : this.inner.run(argv, options);
  }
  open: Host["open"] = (argv, options) => this.inner.open(argv, options);
  evaluations(): number {
    return this.commands.filter((command) => command === evaluation).length;
  }

  private async evaluate(argv: readonly string[], options: RunOptions): Promise<RunResult> {
    this.most = Math.max(this.most, (this.running += 1));
    let pid: number | undefined;
    const look = setInterval(() => (this.largest = Math.max(this.largest, heldBy(pid))), 5);
    const onStart = (started: number | undefined): void => {
      pid = this.last = started;
      options.onStart?.(started);
    };
    try {
      return await this.inner.run(argv, { ...options, onStart });
    } finally {
      clearInterval(look);
      this.running -= 1;
    }
  }
}

const evaluation = "nix-instantiate --eval";

/** The most that a process has held so far. */
function heldBy(pid: number | undefined): number {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
  } catch {
    return 0; // It has ended.
  }
}
