import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Socket } from "node:net";

const fleets = "/run/pulumi-nix-fleet";

/**
 * A fleet run's number, network and folder. They are held by a process of its own (run-hold.sh) that waits for the end
 * of a pipe from us: however we die, it then takes away everything that carries the number.
 */
export class RunFolder {
  private constructor(
    readonly number: number,
    private readonly holder: ChildProcess,
  ) {}

  static async open(): Promise<RunFolder> {
    const holder = spawn("sh", [join(__dirname, "run-hold.sh")], { detached: true, stdio: "pipe" });
    const number = Number(await firstLine(holder));
    // A test that forgets to stop its fleet must still be able to end.
    holder.unref();
    for (const pipe of [holder.stdin, holder.stdout, holder.stderr]) (pipe as Socket).unref();
    return new RunFolder(number, holder);
  }

  get path(): string {
    return join(fleets, String(this.number));
  }

  /** The key that opens every host, made for this run. */
  get privateKeyPath(): string {
    return join(this.path, "key");
  }

  /** A known_hosts file with every host of the run. */
  get knownHostsPath(): string {
    return join(this.path, "known_hosts");
  }

  /** The address of a host; 1 is ours. */
  address(hostNumber: number): string {
    return `10.77.${this.number}.${hostNumber + 1}`;
  }

  /** Ends every host and takes everything away. */
  async close(): Promise<void> {
    if (this.holder.exitCode !== null) return;
    const ended = new Promise<number | null>((resolve) => this.holder.once("exit", resolve));
    this.holder.ref();
    this.holder.stdin?.end();
    if ((await ended) !== 0) throw new Error(`fleet run ${this.number} could not be cleared:\n${this.log()}`);
  }

  private log(): string {
    return readFileSync(join(this.path, "log"), "utf8");
  }
}

function firstLine(holder: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let errors = "";
    holder.stderr?.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    holder.stdout?.once("data", (chunk: Buffer) => resolve(chunk.toString().trim()));
    holder.once("error", reject);
    holder.once("close", () => reject(new Error(`no fleet run could be started:\n${errors}`)));
  });
}
