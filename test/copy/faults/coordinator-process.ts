import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { Trial } from "./trial";

/** What another coordinator is told to copy. */
export interface Orders {
  readonly connection: object;
  readonly path: string;
}

/** How it ended; without both when it was killed. */
export interface Ended {
  readonly paths?: number;
  readonly error?: string;
}

/** The same copy by a process of its own. */
export class Coordinator {
  readonly ended: Promise<Ended>;
  private readonly child: ChildProcess;

  constructor({ host, relay, path }: Trial) {
    this.child = spawn(process.execPath, ["--import", "tsx", join(__dirname, "coordinator.ts")], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const connection = { ...host.connection(), host: relay.host, port: relay.port };
    const orders: Orders = { connection, path };
    this.child.stdin?.end(JSON.stringify(orders));
    let said = "";
    this.child.stdout?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    this.ended = new Promise((resolve) => {
      this.child.on("close", () => resolve((said === "" ? {} : JSON.parse(said)) as Ended));
    });
  }

  kill(): void {
    this.child.kill("SIGKILL");
  }
}
