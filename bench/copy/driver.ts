import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import type { Connection } from "../../test/fleet";

export interface Copied {
  readonly seconds: number;
  readonly copied: number;
  /** Bytes that the process held at its most, by the kernel's count. */
  readonly memory: number;
}

/** A process that copies as a run of Pulumi does, and keeps its connections. */
export class Driver {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly lines: AsyncIterator<string>;
  private readonly reader: Interface;

  constructor(options: readonly string[] = []) {
    this.child = spawn(process.execPath, [join(__dirname, "driver.cjs"), ...options]);
    this.child.stderr.pipe(process.stderr);
    this.reader = createInterface({ input: this.child.stdout });
    this.lines = this.reader[Symbol.asyncIterator]();
  }

  async copy(connections: readonly Connection[], path: string): Promise<Copied> {
    this.child.stdin.write(`${JSON.stringify({ connections, path })}\n`);
    const answer = await this.lines.next();
    if (answer.done === true) throw new Error("the copying process ended");
    return JSON.parse(answer.value) as Copied;
  }

  async end(): Promise<void> {
    const ended = once(this.child, "close");
    this.child.stdin.end();
    await ended;
  }
}
