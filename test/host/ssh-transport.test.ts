import assert from "node:assert/strict";
import { TimeoutError } from "../../provider/errors";
import type { Host } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import { sharedFleet } from "../fleet";
import type { Host as TestHost, User } from "../fleet";
import { connectionTo, gone, runs, until } from "./fixtures/connect";
import { withSessions } from "./fixtures/narrow";

const doing = "testing";

describe("a login to a machine that allows few sessions a connection", () => {
  let target: TestHost;
  let hosts: Hosts;

  before(async () => {
    [target] = (await sharedFleet({ bookworm: 1 })).bookworm as [TestHost];
  });
  beforeEach(() => {
    hosts = new Hosts();
  });
  afterEach(() => hosts.close());

  /** With connections that are closed before their sshd is. */
  const narrowly = (sessions: number, act: (host: Host) => Promise<void>, user: User = "root") =>
    withSessions(target, sessions, async (port) => {
      const elevate = user === "root" ? "none" : "sudo";
      await act(await hosts.get(connectionTo(target, user, { port, elevate })));
      await hosts.close();
    });

  const echoes = async (host: Host, count: number): Promise<void> => {
    const numbers = [...Array(count).keys()];
    const commands = numbers.map((number) => host.run(["echo", String(number)], { doing }));
    assert.deepEqual(
      (await Promise.all(commands)).map(({ stdout }) => Number(stdout)),
      numbers,
    );
  };

  it("runs commands that end by themselves one after the other over one connection", async () => {
    const logins = await target.acceptedLogins();
    await narrowly(1, (host) => echoes(host, 12));
    assert.equal((await target.acceptedLogins()) - logins, 1);
  });

  for (const sessions of [1, 2, 3, 10]) {
    it(`runs commands beside any number that stay open, with ${sessions} allowed`, async () => {
      await narrowly(sessions, async (host) => {
        const staying = await Promise.all(Array.from({ length: 7 }, () => host.open(["cat"], { doing })));
        await Promise.all([echoes(host, 5), host.run(["true"], { doing, timeout: 3600 })]);
        for (const { stdin, stdout } of staying) stdin.end(() => stdout.resume());
        for (const { exited } of staying) assert.equal((await exited).exitCode, 0);
      });
    });

    it(`runs commands beside one that may take hours, with ${sessions} allowed`, async () => {
      await narrowly(sessions, async (host) => {
        const wait = "until test -e /run/narrow-go; do sleep 0.1; done";
        const long = host.run(["sh", "-c", wait], { doing, timeout: 3600 });
        await until(() => runs(target, "sleep 0.1"));
        await echoes(host, 5);
        await host.run(["touch", "/run/narrow-go"], { doing });
        await long;
        await host.run(["rm", "/run/narrow-go"], { doing });
      });
    });

    it(`ends commands of another user, with ${sessions} allowed`, async () => {
      const act = async (host: Host): Promise<void> => {
        const options = { doing, as: "root", timeout: 1 };
        const commands = Array.from({ length: 4 }, () => host.run(["sleep", "98711"], options));
        for (const { reason } of (await Promise.allSettled(commands)) as PromiseRejectedResult[])
          assert.ok(reason instanceof TimeoutError, String(reason));
        await gone(target, "sleep 98711");
      };
      await narrowly(sessions, act, "deploy");
    });
  }
});
