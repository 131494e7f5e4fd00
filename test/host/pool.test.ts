import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { connectionSchema } from "../../provider/connection";
import { ConnectError, InterruptedError, RefusedError } from "../../provider/errors";
import { Hosts } from "../../provider/host/pool";
import { passwords, sharedFleet } from "../fleet";
import type { Host as TestHost } from "../fleet";
import { connectionTo, gone, runs, until } from "./fixtures/connect";

const doing = "testing";

describe("the hosts of a run", () => {
  let target: TestHost;
  let hosts: Hosts;

  before(async () => {
    [target] = (await sharedFleet({ bookworm: 1 })).bookworm as [TestHost];
  });

  beforeEach(() => {
    hosts = new Hosts();
  });

  afterEach(async () => {
    await hosts.close();
    await target.undoFaults();
  });

  /** Ends what serves a user's connections on the machine. */
  async function drop(user: string): Promise<void> {
    await target.sh(`pkill -KILL -u ${user} sshd`);
    await until(async () => (await target.trySh(`pgrep -u ${user} sshd`)).code !== 0);
  }

  it("are the same for whoever asks for the same machine", async () => {
    const [one, two] = await Promise.all([hosts.get(connectionTo(target)), hosts.get(connectionTo(target))]);
    assert.equal(one, two);
    assert.notEqual(one, await hosts.get(connectionTo(target, "alice")));
  });

  it("are dialled again after a failure", async () => {
    await target.stopSshd();
    const connection = connectionTo(target, "root", { dialErrorLimit: 1 });
    await assert.rejects(hosts.get(connection), ConnectError);
    await target.startSshd();
    await (await hosts.get(connection)).run(["true"], { doing });
  });

  it("take the newest credentials for the next login, and others that were given when those are refused", async () => {
    const wrong = connectionTo(target, "bob", { password: "not this one" });
    await assert.rejects(hosts.get(wrong), ConnectError);
    const host = await hosts.get(connectionTo(target, "bob"));
    hosts.remember(connectionTo(target, "bob", { password: "nor this one" }));
    await host.run(["true"], { doing });
    await drop("bob");
    await until(() =>
      host.run(["true"], { doing }).then(
        () => true,
        (error) => !(error instanceof InterruptedError),
      ),
    );
    await host.run(["true"], { doing });
  });

  it("do not connect anew for credentials that differ", async () => {
    const logins = await target.acceptedLogins();
    await hosts.get(connectionTo(target));
    await hosts.get(connectionTo(target, "root", { password: "x" }));
    assert.equal((await target.acceptedLogins()) - logins, 1);
  });

  it("leave nothing running when they are closed, also as another user, and start no more", async () => {
    const host = await hosts.get(connectionTo(target, "deploy", { elevate: "sudo" }));
    const own = host.run(["sleep", "98721"], { doing });
    const elevated = host.run(["sleep", "98722"], { doing, as: "root" });
    own.catch(() => undefined);
    elevated.catch(() => undefined);
    await until(async () => (await runs(target, "sleep 98721")) && (await runs(target, "sleep 98722")));
    await hosts.close();
    await assert.rejects(own, InterruptedError);
    await assert.rejects(elevated, InterruptedError);
    await gone(target, "sleep 98721");
    await gone(target, "sleep 98722");
    await assert.rejects(host.run(["true"], { doing }), InterruptedError);
    await assert.rejects(hosts.get(connectionTo(target)), RefusedError);
  });

  it("let what may outlive them come to its end, also as another user", async () => {
    const host = await hosts.get(connectionTo(target, "deploy", { elevate: "sudo" }));
    const program = "trap '' HUP PIPE; touch $1.begun; while [ -e /tmp/held ]; do sleep 0.05; done; touch $1";
    const outlive = (name: string, as: string): void =>
      void host
        .run(["sh", "-c", program, "sh", `/tmp/outlives-${name}`], { doing, as, outlives: true })
        .catch(() => undefined);
    await target.sh("rm -f /tmp/outlives-*; touch /tmp/held");
    outlive("own", "deploy");
    outlive("root", "root");
    const made = (suffix: string) => async (): Promise<boolean> =>
      (await target.trySh(`test -e /tmp/outlives-own${suffix} -a -e /tmp/outlives-root${suffix}`)).code === 0;
    await until(made(".begun"));
    await hosts.close();
    await target.sh("rm /tmp/held");
    await until(made(""));
    await target.sh("rm /tmp/outlives-*");
  });

  for (const [how, meet] of [
    ["says nothing", () => undefined],
    ["hangs up each time", (socket) => socket.destroy()],
  ] satisfies [string, (socket: Socket) => void][]) {
    it(`stop dialling a machine that ${how} when they are closed`, async () => {
      const sockets: Socket[] = [];
      const server = createServer((socket) => {
        sockets.push(socket.on("error", () => undefined));
        meet(socket);
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      try {
        const { port } = server.address() as AddressInfo;
        const connection = { host: "127.0.0.1", port, password: "x", perDialTimeout: 0, dialErrorLimit: -1 };
        const dialling = hosts.get(connectionSchema.parse(connection));
        dialling.catch(() => undefined);
        await until(async () => sockets.length > 0);
        await hosts.close();
        await assert.rejects(dialling, ConnectError);
      } finally {
        server.close();
        for (const socket of sockets) socket.destroy();
      }
    });
  }

  it("take newer credentials that come while the old ones are being refused", async () => {
    const old = connectionTo(target, "operator", {
      privateKey: target.privateKey,
      elevate: "sudo",
      elevatePassword: "old",
    });
    const refused = { ...old, user: "bob", privateKey: undefined, password: "old" };
    const dialled = hosts.get(connectionSchema.parse(refused));
    hosts.remember(connectionSchema.parse({ ...refused, password: passwords.bob }));
    await dialled;

    const host = await hosts.get(connectionSchema.parse(old));
    const became = host.run(["id", "-un"], { doing, as: "root" });
    // It takes seconds to refuse the old one.
    await until(async () => (await target.trySh("pgrep -x sudo")).code === 0);
    hosts.remember(connectionSchema.parse({ ...old, elevatePassword: passwords.operator }));
    assert.equal((await became).stdout, "root\n");
  });
});
