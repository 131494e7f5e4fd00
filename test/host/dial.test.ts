import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { ConnectError } from "../../provider/errors";
import type { ConnectPhase } from "../../provider/errors";
import { connectionSchema } from "../../provider/connection";
import type { Connection } from "../../provider/connection";
import { Hosts } from "../../provider/host/pool";
import { sharedFleet } from "../fleet";
import type { Host as TestHost } from "../fleet";
import { connectionTo, until } from "./fixtures/connect";
import { program } from "./fixtures/program";

const doing = "testing";

describe("dialling", () => {
  let target: TestHost;
  let other: TestHost;
  let trixie: TestHost;
  let knownHosts: string;
  let hosts: Hosts;

  before(async () => {
    const fleet = await sharedFleet({ bookworm: 2, trixie: 1 });
    [target, other, trixie] = fleet.hosts as [TestHost, TestHost, TestHost];
    knownHosts = fleet.knownHostsPath;
  });

  beforeEach(() => {
    hosts = new Hosts();
  });

  afterEach(async () => {
    await hosts.close();
    await target.undoFaults();
  });

  async function failure(connection: Connection, phase: ConnectPhase): Promise<string> {
    const error: unknown = await hosts.get(connection).catch((reason: unknown) => reason);
    assert.ok(error instanceof ConnectError, String(error));
    assert.equal(error.phase, phase);
    return error.message;
  }

  it("gives up after as many dials as dialErrorLimit says", async () => {
    await target.stopSshd();
    const text = await failure(connectionTo(target, "root", { dialErrorLimit: 3 }), "reach");
    assert.match(
      text,
      /^opening the SSH connection on 10\.\S+ failed: connect ECONNREFUSED .* \(3 dials\)\nhint: /,
    );
  });

  it("dials again when the machine ends the connection before it says who it is", async () => {
    const line = await silentLine((socket) => socket.destroy());
    try {
      await failure(line.connection({ dialErrorLimit: 2 }), "reach");
      assert.equal(line.dials(), 2);
    } finally {
      line.close();
    }
  });

  it("waits for an answer as long as perDialTimeout says", async () => {
    const line = await silentLine(() => undefined);
    try {
      const text = await failure(line.connection({ dialErrorLimit: 1, perDialTimeout: 0.3 }), "reach");
      assert.match(text, /no answer in time/);
    } finally {
      line.close();
    }
  });

  it("goes on without end when dialErrorLimit is -1, until the machine is there", async () => {
    await target.stopSshd();
    const connecting = hosts.get(connectionTo(target, "root", { dialErrorLimit: -1 }));
    setTimeout(() => void target.startSshd(), 1000);
    assert.equal((await (await connecting).run(["id", "-un"], { doing })).stdout, "root\n");
  });

  it("turns away from a machine with another key before anything is sent to it", async () => {
    const before = (await target.sshdLog()).length;
    const text = await failure(connectionTo(target, "bob", { hostKey: other.hostKey }), "verify");
    assert.match(text, /THE HOST KEY IS NOT THE KNOWN ONE/);
    const log = (await target.sshdLog()).slice(before).join("\n");
    assert.doesNotMatch(log, /Failed|Accepted/);
  });

  it("turns away from a machine that is not known, and what it says then makes it known", async () => {
    const unknown = { hostKey: undefined, knownHosts: other.knownHostsLine };
    const text = await failure(connectionTo(target, "root", unknown), "verify");
    const [, hostKey] = /set hostKey: "([^"]+)"/.exec(text) ?? [];
    assert.equal(hostKey, target.hostKey);
  });

  it("finds the machine in a known_hosts file", async () => {
    const host = await hosts.get(connectionTo(target, "root", { hostKey: undefined, knownHosts }));
    await host.run(["true"], { doing });
  });

  it("asks for the key that is known where the machine has several", async () => {
    await target.sh(
      "test -e /etc/ssh/ssh_host_rsa_key || ssh-keygen -q -t rsa -N '' -f /etc/ssh/ssh_host_rsa_key",
    );
    await target.sh(
      "/usr/sbin/sshd -p 2224 -o PidFile=/run/sshd-2224.pid -o HostKey=/etc/ssh/ssh_host_ed25519_key -o HostKey=/etc/ssh/ssh_host_rsa_key",
    );
    try {
      const hostKey = await target.sh("cat /etc/ssh/ssh_host_rsa_key.pub");
      await (await hosts.get(connectionTo(target, "root", { port: 2224, hostKey }))).run(["true"], { doing });
    } finally {
      await target.sh("kill $(cat /run/sshd-2224.pid)");
    }
  });

  it("warns once when the key is not verified", async () => {
    const warnings: string[] = [];
    const careless = new Hosts({ warn: (text) => warnings.push(text) });
    try {
      const connection = connectionTo(target, "root", { hostKey: other.hostKey, verifyHostKey: false });
      await careless.get(connection);
      await careless.get(connection);
    } finally {
      await careless.close();
    }
    assert.deepEqual(warnings.length, 1);
    assert.match(warnings[0] ?? "", /not verified/);
  });

  it("goes through a jump host, with one login there for all machines behind it", async () => {
    const logins = await other.acceptedLogins();
    const proxy = other.connection({ user: "alice" });
    for (const behind of [target, trixie]) {
      const host = await hosts.get(connectionTo(behind, "root", { proxy }));
      const { stdout } = await host.run(["sh", "-c", 'echo "$SSH_CONNECTION"'], { doing });
      assert.ok(stdout.startsWith(`${other.address} `), stdout);
    }
    assert.equal((await other.acceptedLogins()) - logins, 1);
  });

  it("verifies the jump host as well, and says that it is the jump host which failed", async () => {
    const proxy = { ...other.connection({ user: "alice" }), hostKey: target.hostKey };
    const text = await failure(connectionTo(target, "root", { proxy }), "verify");
    assert.ok(text.startsWith(`verifying the host key on alice@${other.address} failed: THE HOST KEY`), text);
  });

  it("reaches nothing behind a jump host that finds nothing", async () => {
    await target.stopSshd();
    const proxy = other.connection({ user: "alice" });
    const text = await failure(connectionTo(target, "root", { proxy, dialErrorLimit: 2 }), "reach");
    assert.match(text, /from the jump host: .*Connection refused \(2 dials\)/);
  });

  it("does not try again what a jump host forbids", async () => {
    await other.sh("/usr/sbin/sshd -p 2226 -o AllowTcpForwarding=no -o PidFile=/run/sshd-2226.pid");
    try {
      const proxy = { ...other.connection({ user: "alice" }), port: 2226 };
      const text = await failure(connectionTo(target, "root", { proxy, dialErrorLimit: 2 }), "reach");
      assert.match(text, /failed: from the jump host: .*open failed\n/);
    } finally {
      await other.sh("kill $(cat /run/sshd-2226.pid)");
    }
  });

  it("dials again when the jump host is lost on the way", async () => {
    await target.cutNetwork();
    const proxy = other.connection({ user: "alice" });
    const connecting = hosts.get(connectionTo(target, "root", { proxy, perDialTimeout: 60 }));
    connecting.catch(() => undefined);
    // 02 is a connection that has not been answered.
    await until(async () => (await other.sh("awk '$4 == \"02\"' /proc/net/tcp")) !== "");
    await other.sh("pkill -KILL -u alice sshd");
    await target.restoreNetwork();
    await (await connecting).run(["true"], { doing });
  });

  it("lets a process end that is idle behind a jump host, and not before", async () => {
    const proxy = other.connection({ user: "alice" });
    assert.equal(await program("idle.ts", [], connectionTo(target, "root", { proxy })), "done\n");
  });

  it("waits for a jump host to reach the machine as long as perDialTimeout says", async () => {
    await target.cutNetwork();
    const proxy = other.connection({ user: "alice" });
    const limits = { dialErrorLimit: 2, perDialTimeout: 0.3 };
    const text = await failure(connectionTo(target, "root", { proxy, ...limits }), "reach");
    assert.match(text, /failed: from the jump host: no answer in time \(2 dials\)\n/);
  });

  it("connects anew through a jump host that was gone", async () => {
    const proxy = other.connection({ user: "alice" });
    const host = await hosts.get(connectionTo(target, "root", { proxy }));
    await other.sh("pkill -KILL -u alice sshd");
    await until(() =>
      host.run(["true"], { doing }).then(
        () => true,
        () => false,
      ),
    );
  });
});

interface SilentLine {
  connection(more: object): Connection;
  dials(): number;
  close(): void;
}

/** A port on this machine behind which nothing speaks SSH. */
async function silentLine(meet: (socket: Socket) => void): Promise<SilentLine> {
  const sockets = new Set<Socket>();
  let dials = 0;
  const server = createServer((socket) => {
    dials++;
    sockets.add(socket);
    socket.on("error", () => undefined);
    meet(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    connection: (more) => connectionSchema.parse({ host: "127.0.0.1", port, password: "x", ...more }),
    dials: () => dials,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
