import assert from "node:assert/strict";
import { CommandError, InterruptedError, TimeoutError } from "../../provider/errors";
import type { Host } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import { sharedFleet } from "../fleet";
import type { Host as TestHost } from "../fleet";
import { connectionTo, gone, runs, until } from "./fixtures/connect";
import { program } from "./fixtures/program";

const doing = "testing";

describe("a host over SSH", () => {
  let target: TestHost;
  let hosts: Hosts;
  let host: Host;

  before(async () => {
    [target] = (await sharedFleet({ bookworm: 1 })).bookworm as [TestHost];
  });

  beforeEach(async () => {
    hosts = new Hosts();
    host = await hosts.get(connectionTo(target));
  });

  afterEach(async () => {
    await hosts.close();
    await target.undoFaults();
  });

  it("runs 20 commands at once with a single login", async () => {
    const logins = await target.acceptedLogins();
    const own = new Hosts();
    try {
      const said = await Promise.all(
        [...Array(20).keys()].map(async (number) => {
          const shared = await own.get(connectionTo(target));
          return (await shared.run(["echo", String(number)], { doing })).stdout;
        }),
      );
      assert.deepEqual(
        said,
        [...Array(20).keys()].map((number) => `${number}\n`),
      );
    } finally {
      await own.close();
    }
    assert.equal((await target.acceptedLogins()) - logins, 1);
  });

  it("runs 30 commands at once although sshd allows 10 sessions a connection", async () => {
    const commands = [...Array(30).keys()].map((number) =>
      host.run(["sh", "-c", `sleep 0.2; echo ${number}`], { doing }),
    );
    const said = (await Promise.all(commands)).map(({ stdout }) => Number(stdout));
    assert.deepEqual(said, [...Array(30).keys()]);
  });

  it("hands over arguments, input, both outputs and the exit code as they are", async () => {
    const script = 'printf "%s|" "$@"; cat; echo said >&2; exit 3';
    const { stdout, stderr, exitCode } = await host.run(
      ["sh", "-c", script, "sh", "it's", "a\\b", "", "x\ny"],
      {
        doing,
        input: "input",
        accept: [3],
      },
    );
    assert.equal(stdout, "it's|a\\b||x\ny|input");
    assert.equal(stderr, "said\n");
    assert.equal(exitCode, 3);
  });

  it("finds programs where Nix keeps them", async () => {
    const { stdout } = await host.run(["sh", "-c", 'echo "$PATH"'], { doing });
    assert.match(
      stdout,
      /:\/run\/current-system\/sw\/bin:\/nix\/var\/nix\/profiles\/default\/bin:\/root\/\.nix-profile\/bin$/m,
    );
  });

  it("says which command failed, how, and what it said last", async () => {
    const failed = await host
      .run(["sh", "-c", "echo out; echo wrong >&2; exit 4"], { doing })
      .catch((error: unknown) => error);
    assert.ok(failed instanceof CommandError);
    assert.equal(failed.exitCode, 4);
    assert.match(failed.message, /^testing on 10\.77\.\d+\.\d+ failed: exit code 4: sh -c .*\nwrong$/);
  });

  it("hears how a command ended when all that it said comes at once", async () => {
    // While this process is busy, the machine's answers gather and are then read together.
    const busy = setInterval(() => {
      for (const end = Date.now() + 30; Date.now() < end;);
    }, 1);
    try {
      for (let times = 0; times < 5; times++) {
        assert.equal((await host.run(["echo", "said"], { doing })).stdout, "said\n");
      }
    } finally {
      clearInterval(busy);
    }
  });

  it("tells a signal from an exit code", async () => {
    const failed = await host.run(["sh", "-c", "kill -TERM $$"], { doing }).catch((error: unknown) => error);
    assert.ok(failed instanceof CommandError);
    assert.equal(failed.signal, "SIGTERM");
  });

  it("refuses an argument list that is too long for a login shell", async () => {
    await assert.rejects(host.run(["true", "x".repeat(140_000)], { doing }), /its arguments take \d+ bytes/);
  });

  it("leaves nothing of a command behind that was killed, also when its input had ended", async () => {
    for (const [command, endInput] of [
      ["sleep 98701", false],
      ["sleep 98702", true],
    ] as const) {
      const sleeping = await host.open(["sh", "-c", `${command}; true`], { doing });
      if (endInput) sleeping.stdin.end();
      await until(() => runs(target, command));
      sleeping.kill();
      await sleeping.exited;
      await gone(target, command);
    }
  });

  it("ends a command after its time", async () => {
    const failed = await host
      .run(["sh", "-c", "echo seen >&2; exec sleep 98703"], { doing, timeout: 1 })
      .catch((error: unknown) => error);
    assert.ok(failed instanceof TimeoutError);
    assert.match(failed.message, /not done after 1 s\nseen$/);
    await gone(target, "sleep 98703");
  });

  it("ends a command that is cancelled", async () => {
    const cancel = new AbortController();
    const sleeping = host.run(["sleep", "98704"], { doing, signal: cancel.signal });
    await until(() => runs(target, "sleep 98704"));
    cancel.abort();
    await assert.rejects(sleeping, InterruptedError);
    await gone(target, "sleep 98704");
    await assert.rejects(host.run(["true"], { doing, signal: cancel.signal }), InterruptedError);
  });

  it("does not know how a command ended when the network goes away, and connects anew afterwards", async () => {
    await hosts.close();
    hosts = new Hosts({ pingInterval: 300 });
    host = await hosts.get(connectionTo(target));
    const streaming = await host.open(["sh", "-c", "echo begun; exec sleep 98705"], { doing });
    const output: Promise<unknown> = streaming.stdout.toArray().catch((error: unknown) => error);
    const sleeping = host.run(["sleep", "98706"], { doing });
    sleeping.catch(() => undefined);
    await until(() => runs(target, "sleep 98706"));
    await target.cutNetwork();
    await assert.rejects(sleeping, (error) => {
      assert.ok(error instanceof InterruptedError);
      assert.match(error.message, /the connection was lost \(no answer for .*; how it ended is not known/);
      return true;
    });
    await assert.rejects(streaming.exited, InterruptedError);
    assert.ok((await output) instanceof InterruptedError, "a cut output does not look complete");
    await target.restoreNetwork();
    await target.sh("pkill sleep");
    assert.equal((await host.run(["echo", "again"], { doing })).stdout, "again\n");
  });

  it("does not know how a command ended when sshd goes away", async () => {
    const sleeping = host.run(["sleep", "98707"], { doing });
    sleeping.catch(() => undefined);
    await until(() => runs(target, "sleep 98707"));
    await target.sh("pkill -KILL -x sshd -P $(cat /run/sshd.pid)");
    await assert.rejects(sleeping, InterruptedError);
    await target.sh("pkill sleep");
    assert.equal((await host.run(["echo", "again"], { doing })).stdout, "again\n");
  });

  for (const [mode, what] of [
    ["write", "streams 200 MB into a command"],
    ["echo", "streams 200 MB through a command and back, unchanged"],
    ["unread", "does not pile up 200 MB of output that nobody reads"],
  ] as const) {
    it(`${what} at bounded memory`, async () => {
      const said = await program("stream.ts", [mode, "200"], connectionTo(target));
      const { bytes, growth } = JSON.parse(said) as { bytes: number; growth: number };
      assert.equal(bytes, 200 * 1024 * 1024);
      assert.ok(growth < 100 * 1024 * 1024, `memory grew by ${growth} bytes`);
    });
  }

  it("lets a process end that is idle", async () => {
    assert.equal(await program("idle.ts", [], connectionTo(target)), "done\n");
  });
});
