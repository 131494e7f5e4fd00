import assert from "node:assert/strict";
import { type Host, sharedFleet, type User } from ".";
import { login } from "./fixtures/login";

describe("a fleet", function () {
  let hosts: Host[];
  let bookworm: Host;
  let trixie: Host;

  before(async () => {
    hosts = (await sharedFleet({ bookworm: 2, trixie: 1 })).hosts;
    [bookworm, , trixie] = hosts as [Host, Host, Host];
  });

  it("has two bookworm hosts and a trixie host that answer over ssh", async () => {
    assert.deepEqual(
      await Promise.all(
        hosts.map((host) => host.ssh(". /etc/os-release; echo $VERSION_CODENAME $(hostname)")),
      ),
      hosts.map((host) => `${host.suite} ${host.name}`),
    );
    assert.deepEqual(
      hosts.map((host) => host.suite),
      ["bookworm", "bookworm", "trixie"],
    );
  });

  it("has hosts on which every unit is well", async () => {
    for (const host of hosts) assert.equal(await host.sh("systemctl is-system-running"), "running");
  });

  it("has Nix 2.8 on bookworm and Nix 2.26 on trixie", async () => {
    assert.match(await bookworm.ssh("nix --version"), / 2\.8\./);
    assert.match(await trixie.ssh("nix --version"), / 2\.26\./);
  });

  it("has hosts with identities of their own", async () => {
    const machines = await Promise.all(hosts.map((host) => host.sh("cat /etc/machine-id")));
    assert.equal(new Set(machines).size, 3);
    assert.equal(new Set(hosts.map((host) => host.hostKey)).size, 3);
  });

  it("lets every user in with what connection() says, host key checked", async () => {
    const users: User[] = ["root", "deploy", "operator", "alice", "dora", "bob"];
    for (const host of [bookworm, trixie])
      for (const user of users) assert.equal(await login(host.connection({ user }), "id -un"), user);
  });

  it("refuses bob a login by key", async () => {
    const outcome = await bookworm.trySsh("true", { user: "bob" });
    assert.equal(outcome.code, 255);
    assert.match(outcome.stderr, /Permission denied/);
  });

  it("gives deploy, operator and dora root in their own ways, and alice none", async () => {
    const check = async (host: Host) => {
      assert.equal(await host.ssh("sudo -n id -u", { user: "deploy" }), "0");
      assert.equal(
        await host.ssh("sudo -kS -p '' id -u", { user: "operator", input: "hunter2-operator\n" }),
        "0",
      );
      assert.equal((await host.trySsh("sudo -kS id -u", { user: "operator", input: "wrong\n" })).code, 1);
      assert.equal(await host.ssh("doas -n id -u", { user: "dora" }), "0");
      assert.equal((await host.trySsh("sudo -n id -u", { user: "alice" })).code, 1);
      assert.equal((await host.trySsh("doas -n id -u", { user: "alice" })).code, 1);
    };
    await Promise.all([check(bookworm), check(trixie)]);
  });

  it("lets deploy import an unsigned path and refuses one from alice", async () => {
    for (const host of [bookworm, trixie]) {
      const path = await host.sh("echo something unsigned >/tmp/unsigned; nix-store --add /tmp/unsigned");
      await host.sh(`nix-store --export ${path} >/tmp/export; nix-store --delete ${path}`);
      const refused = await host.trySh("nix-store --import </tmp/export", { user: "alice" });
      assert.match(refused.stderr, /lacks a (valid )?signature/);
      assert.equal(await host.sh("nix-store --import </tmp/export", { user: "deploy" }), path);
    }
  });

  it("has a systemd of alice's own running, also without a login of hers", async () => {
    for (const host of [bookworm, trixie]) {
      assert.equal(await host.sh("loginctl show-user alice --property Linger --value"), "yes");
      assert.equal(await host.sh("systemctl --user is-system-running --wait", { user: "alice" }), "running");
    }
  });

  it("waits on a host for what becomes so, and no longer than it is told", async () => {
    await bookworm.sh("{ sleep 1; touch /tmp/so; } >/dev/null 2>&1 &");
    await bookworm.until("[ -e /tmp/so ]");
    await bookworm.sh("ls /tmp/so");
    await assert.rejects(bookworm.until("false", { seconds: 1 }), /after 1 s still not so: false$/);
  });

  it("counts the logins that sshd accepted", async () => {
    for (const host of [bookworm, trixie]) {
      const before = await host.acceptedLogins();
      await host.ssh("true");
      await login(host.connection({ user: "bob" }), "true");
      await host.trySsh("true", { user: "bob" });
      assert.equal((await host.acceptedLogins()) - before, 2);
    }
  });

  it("lets a host be the way to another", async () => {
    assert.equal(await trixie.ssh("hostname", { via: bookworm }), trixie.name);
    assert.match((await trixie.sshdLog()).join("\n"), new RegExp(`from ${bookworm.address} `));
  });

  it("grows when a test asks for more, and keeps the hosts it has", async () => {
    const more = await sharedFleet({ bookworm: 1, trixie: 2 });
    assert.deepEqual([more.hosts[0], more.hosts[1]], [bookworm, trixie]);
    assert.equal(await more.hosts[2]?.ssh("hostname"), more.hosts[2]?.name);
  });
});
