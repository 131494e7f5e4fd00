import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { userInfo } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { connectionSchema } from "../../provider/connection";
import { CommandError, InterruptedError } from "../../provider/errors";
import type { Host } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import { until } from "./fixtures/connect";

const doing = "testing";
/** Ours alone, and over soon should it stay behind. */
const napping = `sleep 300.${process.pid}`;

function runsHere(command: string): boolean {
  try {
    execFileSync("pgrep", ["-fx", command]);
    return true;
  } catch {
    return false;
  }
}

describe("this machine as a host", () => {
  let hosts: Hosts;
  let host: Host;

  beforeEach(async () => {
    hosts = new Hosts();
    host = await hosts.get(connectionSchema.parse({ local: true }));
  });

  afterEach(() => hosts.close());

  it("runs a command in our folder as our user", async () => {
    const { stdout } = await host.run(["sh", "-c", "pwd; id -un"], { doing });
    assert.equal(stdout, `${process.cwd()}\n${userInfo().username}\n`);
    assert.deepEqual([host.name, host.user], ["this machine", userInfo().username]);
  });

  it("hands over arguments and input as they are, and nothing is a shell's", async () => {
    const { stdout } = await host.run(["printf", "%s|", "$HOME `id`", "it's\n"], { doing });
    assert.equal(stdout, "$HOME `id`|it's\n|");
    const input = Buffer.from([0, 255, 10, 39]);
    assert.equal((await host.run(["sha256sum"], { doing, input })).stdout.length, 68);
    assert.equal((await host.run(["wc", "-c"], { doing, input })).stdout, "4\n");
  });

  it("keeps what a command said until it is read, however long that ends before", async () => {
    const said = await host.open(["sh", "-c", "printf out"], { doing });
    said.stdin.end();
    await delay(200);
    const chunks = await said.stdout.toArray();
    assert.equal(Buffer.concat(chunks as Buffer[]).toString(), "out");
    assert.deepEqual(await said.exited, { exitCode: 0, signal: undefined });
  });

  it("lets a command see that nobody reads any more what it says", async () => {
    const said = await host.open(["yes"], { doing });
    said.stdout.destroy();
    assert.notEqual((await said.exited).exitCode, 0);
  });

  it("says that a program is not there", async () => {
    await assert.rejects(host.run(["no-such-program"], { doing }), (error) => {
      assert.ok(error instanceof CommandError);
      assert.equal(error.exitCode, 127);
      return /no-such-program: not found/.test(error.message);
    });
  });

  it("leaves none of a command's children behind when it is killed", async () => {
    const sleeping = await host.open(["sh", "-c", `${napping} & ${napping}`], { doing });
    await until(async () => runsHere(napping));
    sleeping.kill();
    assert.equal((await sleeping.exited).signal, "SIGKILL");
    await until(async () => !runsHere(napping));
  });

  it("does not mind a command that ends without reading its input", async () => {
    await host.run(["true"], { doing, input: Buffer.alloc(10_000_000) });
  });

  it("leaves nothing running when it is closed", async () => {
    const sleeping = host.run(napping.split(" "), { doing });
    sleeping.catch(() => undefined);
    await until(async () => runsHere(napping));
    await hosts.close();
    await assert.rejects(sleeping, InterruptedError);
    await until(async () => !runsHere(napping));
  });
});
