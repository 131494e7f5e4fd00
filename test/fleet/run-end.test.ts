import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { bootFleet, run } from ".";
import { traces } from "./fixtures/traces";
import { checkout, script } from "./script";

describe("the end of a fleet run", function () {
  let doomed: ChildProcess | undefined;

  afterEach(() => doomed?.kill("SIGKILL"));

  it("leaves nothing after stop()", async () => {
    const fleet = await bootFleet({ bookworm: 1, trixie: 1 });
    assert.notDeepEqual(await traces(fleet.number), []);
    await fleet.stop();
    assert.deepEqual(await traces(fleet.number), []);
  });

  it("does not give its number to the run that comes next", async () => {
    const fleet = await bootFleet({});
    await fleet.stop();
    const next = await bootFleet({});
    await next.stop();
    assert.notEqual(next.number, fleet.number);
  });

  for (const signal of ["SIGINT", "SIGKILL"] as const) {
    it(`leaves nothing after ${signal} to the test process`, async () => {
      const number = await startDoomed();
      assert.notDeepEqual(await traces(number), []);
      doomed?.kill(signal);
      await untilNothingIsLeft(number);
    });
  }

  it("leaves nothing when the test process is killed while its hosts boot", async () => {
    for (const after of [50, 150, 300]) {
      const number = await startDoomed("booting");
      await sleep(after);
      doomed?.kill("SIGKILL");
      await untilNothingIsLeft(number);
    }
  });

  it("waits for a host that is being made, and lets none be made after it", async () => {
    const fleet = await bootFleet({});
    const folder = `/run/pulumi-nix-fleet/${fleet.number}`;
    const maker = spawn("flock", ["--shared", `${folder}/busy`, "sh", "-c", "echo busy; exec cat"], {
      stdio: "pipe",
    });
    await new Promise((resolve) => maker.stdout.once("data", resolve));
    const stopped = fleet.stop();
    await sleep(300);
    assert.ok(existsSync(`${folder}/key`));
    maker.stdin.end();
    await stopped;
    const late = script("host-up.sh", [fleet.number, "late", 1, "/nowhere", "1M", "1M"]);
    await assert.rejects(late, /fleet run \d+ is over/);
    assert.deepEqual(await traces(fleet.number), []);
  });

  it("leaves to the next run what the process that clears up could not clear, being killed too", async () => {
    const number = await startDoomed();
    await run(["pkill", "-KILL", "-P", String(doomed?.pid), "-f", "run-hold.sh"]);
    doomed?.kill("SIGKILL");
    await sleep(300);
    assert.notDeepEqual(await traces(number), []);
    const next = await bootFleet({});
    const left = next.number === number ? [] : await traces(number);
    await next.stop();
    assert.deepEqual(left, []);
    assert.deepEqual(await traces(number), []);
  });

  async function startDoomed(until = "booted"): Promise<number> {
    const file = join(__dirname, "fixtures/doomed-run.ts");
    doomed = spawn(process.execPath, ["--import", "tsx", file, until], {
      cwd: checkout,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const printed = await new Promise<Buffer>((resolve) => doomed?.stdout?.once("data", resolve));
    return Number(printed.toString());
  }

  /** The clearing up is done by another process, some time after the test process has ended. */
  async function untilNothingIsLeft(number: number): Promise<void> {
    const end = Date.now() + 60_000;
    let left = await traces(number);
    while (left.length > 0 && Date.now() < end) {
      await sleep(100);
      left = await traces(number);
    }
    assert.deepEqual(left, []);
  }
});
