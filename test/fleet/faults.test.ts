import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { bootFleet, type Fleet, type Host } from ".";
import { greets } from "./greeting";

describe("a host's faults", function () {
  let fleet: Fleet;

  before(async () => {
    fleet = await bootFleet({ bookworm: 1, trixie: 1 }, { nixDisk: "64M" });
  });

  after(() => fleet.stop());

  const onEach = (what: string, test: (host: Host) => Promise<void>) => {
    for (const suite of ["bookworm", "trixie"] as const)
      it(`${what} (${suite})`, () => test(fleet.of(suite)[0] as Host));
  };

  onEach("a cut network keeps everyone out till it is restored", async (host) => {
    await host.cutNetwork();
    assert.equal(await greets(host.address, host.port), false);
    assert.equal(await host.sh("hostname"), host.name);
    await host.restoreNetwork();
    assert.equal(await host.ssh("hostname"), host.name);
  });

  onEach("a power loss ends every process and keeps what was written", async (host) => {
    const before = await host.sh("systemd-id128 boot-id");
    const logins = await host.acceptedLogins();
    await host.ssh("echo kept >/root/kept; sync; setsid sleep 1000 >/dev/null 2>&1 </dev/null &");
    await host.powerLoss();
    assert.equal(await greets(host.address, host.port), false);
    assert.equal((await host.trySh("true")).code, 255);
    await host.boot();
    assert.equal(await host.ssh("cat /root/kept"), "kept");
    assert.equal((await host.trySh("pgrep -x sleep")).code, 1);
    assert.notEqual(await host.sh("systemd-id128 boot-id"), before);
    assert.equal((await host.acceptedLogins()) - logins, 2);
  });

  onEach("a host that restarts itself boots again, with a boot id of its own", async (host) => {
    const before = await host.bootId();
    assert.notEqual(before, readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim());
    await host.sh("touch /run/gone /var/kept; systemctl reboot");
    await host.restarted(before);
    assert.equal(await host.sh("ls /run/gone /var/kept 2>/dev/null || true"), "/var/kept");
    assert.equal(await host.bootId(), await host.sh("cat /proc/sys/kernel/random/boot_id"));
  });

  onEach("a host that is to stay off at its restart does, till it is booted", async (host) => {
    host.offAtRestart();
    const before = await host.bootId();
    await host.sh("systemctl reboot");
    while ((await host.trySh("true")).code !== 255);
    assert.equal(await greets(host.address, host.port), false);
    await host.boot();
    assert.notEqual(await host.bootId(), before);
  });

  onEach("a power loss while it restarts leaves it off", async (host) => {
    const before = await host.bootId();
    let [boot, isOff] = ["", false];
    while (!isOff) {
      const { code, stdout } = await host.trySh("cat /proc/sys/kernel/random/boot_id");
      isOff = code === 255;
      // On a busy machine it may be back before it was seen to be off, and refuse to restart while it begins to boot.
      if (!isOff && stdout !== boot && (await host.trySh("systemctl reboot")).code === 0) boot = stdout;
    }
    await host.powerLoss();
    assert.equal((await host.trySh("true")).code, 255);
    await host.boot();
    assert.notEqual(await host.bootId(), before);
  });

  onEach("a small disk for the store is full when it is full", async (host) => {
    const copy = await host.trySh(
      "head -c 100M /dev/zero >/tmp/big; nix-store --add /tmp/big; rc=$?; rm /tmp/big; exit $rc",
    );
    assert.notEqual(copy.code, 0);
    assert.match(copy.stderr, /No space left on device/);
  });

  onEach("a disk can be filled and freed, the store's and the other one", async (host) => {
    for (const [disk, folder] of [
      ["nix", "/nix"],
      ["root", "/var/tmp"],
    ] as const) {
      await host.fillDisk(disk);
      assert.match(
        (await host.trySh(`head -c 1M /dev/zero >${folder}/big`)).stderr,
        /No space left on device/,
      );
      assert.equal(await host.ssh("hostname"), host.name);
      await host.freeDisk(disk);
      await host.sh(`rm ${folder}/big; head -c 1M /dev/zero >${folder}/big; rm ${folder}/big`);
    }
  });

  onEach("an sshd that is down refuses connections till it is started", async (host) => {
    await host.stopSshd();
    assert.match((await host.trySsh("true")).stderr, /Connection refused/);
    await host.startSshd();
    assert.equal(await host.ssh("hostname"), host.name);
  });

  onEach("undoFaults undoes them all", async (host) => {
    await host.stopSshd();
    await host.fillDisk("root");
    await host.cutNetwork();
    await host.undoFaults();
    assert.equal(await host.ssh("echo x >/root/x; cat /root/x"), "x");
  });
});
