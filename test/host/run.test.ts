import assert from "node:assert/strict";
import { connectionSchema } from "../../provider/connection";
import { CommandError, RefusedError, TimeoutError } from "../../provider/errors";
import type { Host } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";

const doing = "testing";

describe("running a command to its end", () => {
  const hosts = new Hosts();
  let host: Host;

  before(async () => {
    host = await hosts.get(connectionSchema.parse({ local: true }));
  });

  after(() => hosts.close());

  it("takes only 0 for success unless told otherwise", async () => {
    await assert.rejects(host.run(["sh", "-c", "exit 1"], { doing }), CommandError);
    assert.equal((await host.run(["sh", "-c", "exit 1"], { doing, accept: [0, 1] })).exitCode, 1);
    await assert.rejects(host.run(["true"], { doing, accept: [1] }), CommandError);
  });

  it("shows what it is told to show in place of a long argument list", async () => {
    const failing = host.run(["sh", "-c", "exit 1 # long"], { doing, shown: ["short.sh", "argument"] });
    await assert.rejects(failing, {
      message: "testing on this machine failed: exit code 1: short.sh argument",
    });
  });

  it("shows the output of a command that fails without a word on standard error", async () => {
    await assert.rejects(host.run(["sh", "-c", "echo only here; exit 1"], { doing }), /\nonly here$/);
  });

  it("passes on each line of standard error as it comes, the last also without an end", async () => {
    const lines: string[] = [];
    const script = "printf 'one\\ntw' >&2; sleep 0.1; printf 'o\\nthree' >&2";
    await host.run(["sh", "-c", script], { doing, onLine: (line) => lines.push(line) });
    assert.deepEqual(lines, ["one", "two", "three"]);
  });

  it("ends a command when what it says cannot be taken, and fails with that", async () => {
    const onLine = (): void => {
      throw new RangeError("what is this");
    };
    const talking = host.run(["sh", "-c", "echo one >&2; sleep 98742"], { doing, onLine, timeout: 5 });
    await assert.rejects(talking, new RangeError("what is this"));
  });

  it("ends a command that says more than can be kept", async () => {
    const endless = host.run(["cat", "/dev/zero"], { doing });
    await assert.rejects(
      endless,
      (error) => error instanceof RefusedError && /bytes of output/.test(error.message),
    );
  });

  it("ends a command after its time and says what it said last", async () => {
    const sleeping = host.run(["sh", "-c", "echo almost >&2; sleep 98741"], { doing, timeout: 0.5 });
    await assert.rejects(sleeping, (error) => {
      assert.ok(error instanceof TimeoutError);
      return error.waited === 0.5 && error.message.endsWith("not done after 0.5 s\nalmost");
    });
  });
});
