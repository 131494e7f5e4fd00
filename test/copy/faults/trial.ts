import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectionSchema } from "../../../provider/connection";
import { storeSource } from "../../../provider/copy/closure-source";
import { copyClosure, type CopyReport } from "../../../provider/copy/copy";
import { DeploymentError } from "../../../provider/errors";
import type { Host as Machine } from "../../../provider/host/host";
import { Hosts } from "../../../provider/host/pool";
import { ensureRoots } from "../../../provider/nix/roots";
import { parseStorePath, type StorePath } from "../../../provider/values";
import { until } from "../../faults/until";
import { output, run, type Host, type User } from "../../fleet";
import { openHoldingRelay, type HoldingRelay } from "./holding-relay";

const roots = "/var/lib/pulumi-nix/roots/copy-faults";

/** How many paths a closure has, and the bytes of each. */
export const paths = 10;
export const bytesOfPath = 600_000;

let made = 0;

export interface CopyOptions {
  /** Seconds. */
  readonly idleLimit?: number;
  readonly user?: User;
  /** The machine that has the closure; this one by default. */
  readonly from?: Machine;
}

/** One copy that goes wrong, of a closure that the host has never seen, over a connection of its own. */
export class Trial {
  /** How the first copy ended, unless it was another process's. */
  ended: CopyReport | Error | undefined;
  /** How many paths were valid behind the fault, if that was looked at. */
  valid: number | undefined;
  readonly hosts = new Hosts({ pingInterval: 500 });
  private readonly folder = mkdtempSync(join(tmpdir(), "pulumi-nix-fault-"));

  private constructor(
    readonly host: Host,
    readonly relay: HoldingRelay,
    /** What refers to all others. */
    readonly path: StorePath,
    /** References first. */
    readonly closure: readonly StorePath[],
  ) {}

  static async on(host: Host): Promise<Trial> {
    const mark = `${process.pid}-${Date.now()}-${++made}`;
    const path = parseStorePath(
      output("nix-build", await run(["nix-build", "--no-out-link", "-E", chain(mark)])),
    );
    const closure = output("nix-store", await run(["nix-store", "--query", "--requisites", path]));
    const relay = await openHoldingRelay(host.address, host.port);
    return new Trial(host, relay, path, closure.split("\n").map(parseStorePath));
  }

  /** The machine as the copy reaches it. */
  target(user: User = "root", more: object = {}): Promise<Machine> {
    const { host, port } = this.relay;
    const limits = { perDialTimeout: 5, dialErrorLimit: 1 };
    return this.hosts.get(
      connectionSchema.parse({ ...this.host.connection({ user }), host, port, ...limits, ...more }),
    );
  }

  /** Copies and roots; an error is given back. */
  async copy(options: CopyOptions = {}): Promise<CopyReport | Error> {
    const ended = await this.tryCopy(options);
    // Behind a coordinator that was killed, it is the next one.
    if (this.valid === undefined) this.ended ??= ended;
    return ended;
  }

  private async tryCopy({ idleLimit = 20, user = "root", from }: CopyOptions): Promise<CopyReport | Error> {
    try {
      const host = await this.target(user);
      return await copyClosure({
        source: storeSource(from ?? (await this.here()), undefined, idleLimit),
        target: { host, as: undefined },
        paths: [this.path],
        root: () => ensureRoots(host, undefined, roots, [this.path]),
        idleLimit,
      });
    } catch (error) {
      return error as Error;
    }
  }

  private here(): Promise<Machine> {
    return this.hosts.get(connectionSchema.parse({ local: true }));
  }

  /** The error of a copy that has to fail, which says what, where and why. */
  async failed(options?: CopyOptions): Promise<DeploymentError> {
    const error = await this.copy(options);
    assert.ok(error instanceof DeploymentError, error instanceof Error ? error.stack : JSON.stringify(error));
    assert.match(error.message, /^\S.* on \S+ failed: \S/);
    return error;
  }

  /** The copy that comes next brings all; everything that is valid then is whole. */
  async goesOn(options?: CopyOptions): Promise<CopyReport> {
    const report = await this.copy(options);
    if (report instanceof Error) throw report;
    await this.isWhole();
    await this.leavesNothing();
    return report;
  }

  async isWhole(): Promise<void> {
    await this.host.sh(`nix-store --verify-path ${this.closure.join(" ")}`);
  }

  /** Whatever is valid, of the closure, is whole too. */
  async isTrue(): Promise<number> {
    await this.leavesNothing(); // What still runs there may be about to add a path.
    const valid = await this.host.sh(
      `for path in ${this.closure.join(" ")}; do nix-store --check-validity $path 2>/dev/null && echo $path; done; :`,
    );
    if (valid !== "") await this.host.sh(`nix-store --verify-path ${valid.replaceAll("\n", " ")}`);
    const count = valid === "" ? 0 : valid.split("\n").length;
    this.valid ??= count;
    return count;
  }

  /** No process there or here, and no root but the one that was asked for. */
  async leavesNothing(): Promise<void> {
    await leavesNoProcess(this.host);
    const mine = async (): Promise<true | undefined> =>
      (await run(["pgrep", "-P", String(process.pid), "-f", "nix-store --serve"])).stdout === "" || undefined;
    await until("no process is left here", mine);
    const links = await this.host.sh(`ls -d ${roots}/* 2>/dev/null | wc -l`);
    assert.ok(Number(links) <= 1, `${links} roots`);
  }

  /** Takes away everything, on the host too. */
  async close(): Promise<void> {
    await this.hosts.close();
    await this.relay.close();
    rmSync(this.folder, { recursive: true });
    await this.host.undoFaults();
    await this.host.sh(
      `rm -rf ${roots}; nix-store --delete ${this.closure.join(" ")} >/dev/null 2>&1 || true`,
    );
  }
}

/** Waits until nobody works with the machine's store. */
export async function leavesNoProcess(host: Host): Promise<void> {
  const working = "pgrep -af '[n]ix-store --serve|[n]ix-daemon .*stdio'";
  await until("no process is left there", async () => (await host.trySh(working)).stdout === "" || undefined);
}

/** Paths each of which refers to the one before, of bytes that do not shrink. */
const chain = (mark: string): string => `
let
  make = number: derivation {
    name = "fault-\${toString number}"; system = builtins.currentSystem; PATH = "/usr/bin:/bin"; builder = "/bin/sh";
    before = if number == 1 then "" else make (number - 1); mark = "${mark}";
    args = [ "-ec" "mkdir $out; echo $before $mark >$out/before; head -c ${bytesOfPath} /dev/urandom >$out/bytes" ];
  };
in make ${paths}`;
