import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { Properties } from "../../provider/wire";

/** What a coordinator is told to do. */
export interface Orders {
  readonly kind: "profile" | "unit";
  readonly urn: string;
  readonly pingInterval: number;
  readonly inputs: object;
  readonly state: Properties | undefined;
  /** Whether it ever comes to confirm. */
  readonly confirms: boolean;
}

/** A deployment by a process of its own, which can be killed. */
export class Coordinator {
  /** What its error said; undefined when it did what it should or was killed. */
  readonly ended: Promise<Error | undefined>;
  private readonly child: ChildProcess;

  constructor(orders: Orders) {
    this.child = spawn(process.execPath, ["--import", "tsx", join(__dirname, "coordinator.ts")], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.child.stdin?.end(JSON.stringify(orders));
    let said = "";
    this.child.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    this.ended = new Promise((resolve) => {
      this.child.on("close", () => resolve(said === "" ? undefined : new Error(said)));
    });
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }
}
