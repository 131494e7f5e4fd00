import assert from "node:assert/strict";
import { sharedFleet, type Host, type Outcome } from "../fleet";
import { bring, buildSystem, forgetNixos, markAsNixos } from "./nixos-system";

const service = (serviceSection = "", command = "sleep 1000") => ({ command, serviceSection });

/** Two systems with every kind of difference between their units, and one with units that fail. */
const systems = {
  a: {
    "stc-kept": service(),
    "stc-changed": service(),
    "stc-gone": service(),
    "stc-reloaded": service("ExecReload=/bin/true"),
    "stc-skipped": service("X-RestartIfChanged=false"),
    "stc-restarted": service("X-StopIfChanged=false"),
  },
  b: {
    "stc-kept": { ...service(), unitSection: "Documentation=man:sleep(1)" },
    "stc-changed": service("", "sleep 1001"),
    "stc-reloaded": service("ExecReload=touch /run/stc-reloaded"),
    "stc-skipped": service("X-RestartIfChanged=false\nNice=1"),
    "stc-restarted": service("X-StopIfChanged=false\nNice=1"),
    "stc-new": service(),
  },
  exits: { "stc-kept": service(), "stc-exits": service("", "false") },
  loops: { "stc-kept": service(), "stc-loops": service("Restart=always\nRestartSec=60", "false") },
};

type Name = keyof typeof systems;

// On bookworm; the example with NixOS runs it on trixie.
describe("the stand-in for switch-to-configuration", function () {
  const paths = {} as Record<Name, string>;
  let host: Host;

  before(async () => {
    host = (await sharedFleet({ bookworm: 1 })).hosts[0] as Host;
    for (const name of Object.keys(systems) as Name[]) {
      paths[name] = await buildSystem(name, systems[name]);
      await bring(host, paths[name]);
    }
  });
  after(() => forgetNixos(host));

  const run = (name: Name, action: string): Promise<Outcome> =>
    host.trySh(`${paths[name]}/bin/switch-to-configuration ${action}`);
  const succeed = async (name: Name, action: string): Promise<string> => {
    const outcome = await run(name, action);
    assert.equal(outcome.code, 0, outcome.stderr);
    return outcome.stderr;
  };
  const assertSystems = async (expected: { running: Name; boots: Name }): Promise<void> => {
    const found = await host.sh("readlink /run/current-system /boot/nixos/default");
    assert.deepEqual(found.split("\n"), [paths[expected.running], paths[expected.boots]]);
  };
  /** Each start of a unit has an id of its own; "" when it does not run. */
  const start = (name: string): Promise<string> =>
    host.sh(`systemctl is-active --quiet ${name} && systemctl show -P InvocationID ${name} || true`);
  const starts = async (name: Name): Promise<Record<string, string>> => {
    const entries = Object.keys(systems[name]).map(async (unit) => [unit, await start(unit)] as const);
    return Object.fromEntries(await Promise.all(entries));
  };
  /** All that an activation may change. */
  const everything = async (): Promise<unknown> => [
    await starts("a"),
    await host.sh(
      "find /etc /boot/nixos /run/nixos /nix/var/nix/profiles /run/*-system -printf '%p %l %C@\n' | sort",
    ),
  ];

  it("refuses an unknown action, a user who is not root and a machine that is no NixOS", async () => {
    const refused = await run("a", "activate");
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /^Usage: switch-to-configuration \[check\|switch\|boot/);
    const alice = await host.trySh(`${paths.a}/bin/switch-to-configuration switch`, { user: "alice" });
    assert.equal(alice.code, 1);
    assert.match(alice.stderr, /must be run as the root user/);
    const debian = await run("a", "switch");
    assert.equal(debian.code, 2);
    assert.match(debian.stderr, /This is not a NixOS installation!/);
    assert.equal((await host.trySh("test -e /etc/static -o -e /run/nixos -o -e /boot/nixos")).code, 1);
  });

  it("switches to a first system and starts its units", async () => {
    await markAsNixos(host);
    const said = await succeed("a", "switch");
    assert.match(said, /the following new units were started: .*stc-changed\.service, stc-gone\.service/);
    await assertSystems({ running: "a", boots: "a" });
    assert.ok(Object.values(await starts("a")).every((id) => id !== ""));
  });

  it("says what it would do, and does none of it", async () => {
    const before = await everything();
    const said = await succeed("b", "dry-activate");
    assert.deepEqual(said.split("\n"), [
      "would stop the following units: stc-changed.service, stc-gone.service",
      "would NOT stop the following changed units: stc-skipped.service",
      "would activate the configuration...",
      "would reload the following units: stc-reloaded.service",
      "would restart the following units: stc-restarted.service",
      "would start the following units: stc-changed.service",
      "",
    ]);
    assert.deepEqual(await everything(), before);
  });

  it("sets the boot default, and nothing else, with boot", async () => {
    const before = await starts("a");
    assert.equal(await succeed("b", "boot"), "");
    await assertSystems({ running: "a", boots: "b" });
    assert.deepEqual(await starts("a"), before);
    await succeed("a", "boot");
    await assertSystems({ running: "a", boots: "a" });
  });

  it("stops what is gone, starts what is new, restarts what changed and leaves the rest alone", async () => {
    const before = await starts("a");
    const said = await succeed("b", "switch");
    assert.deepEqual(said.split("\n"), [
      "stopping the following units: stc-changed.service, stc-gone.service",
      "NOT restarting the following changed units: stc-skipped.service",
      "activating the configuration...",
      "reloading the following units: stc-reloaded.service",
      "restarting the following units: stc-restarted.service",
      "starting the following units: stc-changed.service",
      "the following new units were started: stc-new.service",
      "",
    ]);
    const after = await starts("a");
    for (const name of ["stc-kept", "stc-reloaded", "stc-skipped"]) assert.equal(after[name], before[name]);
    for (const name of ["stc-changed", "stc-restarted"]) {
      assert.notEqual(after[name], "");
      assert.notEqual(after[name], before[name]);
    }
    assert.equal(after["stc-gone"], "");
    assert.equal((await host.trySh("systemctl cat stc-gone.service")).code, 1);
    assert.notEqual(await start("stc-new"), "");
    await host.sh("rm /run/stc-reloaded");
    await assertSystems({ running: "b", boots: "b" });
  });

  it("leaves Debian's own units alone", async () => {
    const sshd = await start("ssh.service");
    await succeed("b", "switch");
    assert.equal(await start("ssh.service"), sshd);
    assert.notEqual(sshd, "");
  });

  it("runs a system without making it the boot default with test, and boots the default", async () => {
    await succeed("a", "test");
    await assertSystems({ running: "a", boots: "b" });
    assert.equal((await host.trySh("test -e /nix/var/nix/profiles/system")).code, 1);
    await host.powerLoss();
    await host.boot();
    // Of several names it takes one that is active.
    for (const unit of Object.keys(systems.b)) await host.until(`systemctl is-active ${unit}`);
    await assertSystems({ running: "b", boots: "b" });
    assert.ok(Object.values(await starts("b")).every((id) => id !== ""));
    assert.equal(await start("stc-gone"), "");
    assert.equal(await host.sh("readlink /run/booted-system"), paths.b);
  });

  for (const name of ["exits", "loops"] as const) {
    it(`ends with 4 when a unit ${name}`, async () => {
      const { code, stderr } = await run(name, "switch");
      assert.equal(code, 4, stderr);
      assert.match(stderr, new RegExp(`warning: the following units failed: stc-${name}.service`));
      await assertSystems({ running: name, boots: name });
      assert.doesNotMatch(await succeed("b", "switch"), /failed/);
    });
  }

  it("ends with 2 when a step of the activation failed, and the system runs all the same", async () => {
    const file = "/etc/systemd/system/stc-gone.service";
    await host.sh(`printf '[Service]\\nExecStart=/bin/sleep 1000\\n' >${file}`);
    const { code, stderr } = await run("a", "switch");
    assert.equal(code, 2, stderr);
    assert.match(stderr, /stc-gone.service is there already, and not from a system/);
    assert.match(stderr, /Failed to run activate script/);
    await assertSystems({ running: "a", boots: "a" });
    await host.sh(`systemctl stop stc-gone; rm ${file}`);
    await succeed("b", "switch");
  });

  it("does nothing while another one runs", async () => {
    const lock = "/run/nixos/switch-to-configuration.lock";
    const holder = host.sh(`flock ${lock} sh -c 'until [ -e /run/stc-go ]; do sleep 0.1; done'`);
    await host.until(`! flock -n ${lock} true`);
    const { code, stderr } = await run("a", "switch");
    assert.equal(code, 11);
    assert.match(stderr, /Could not acquire lock/);
    await assertSystems({ running: "b", boots: "b" });
    await host.sh("touch /run/stc-go");
    await holder;
  });

  it("starts what a run that was killed had stopped", async () => {
    await host.sh("systemctl stop stc-changed && echo stc-changed.service >/run/nixos/start-list");
    assert.match(await succeed("b", "switch"), /starting the following units: stc-changed.service/);
    assert.notEqual(await start("stc-changed"), "");
    assert.equal((await host.trySh("test -e /run/nixos/start-list")).code, 1);
  });

  it("leaves to the next boot a system that needs another init", async () => {
    await host.sh("mkdir /run/other && echo 1 >/run/other/init-interface-version");
    await host.sh("ln -sfn /run/other /run/current-system");
    const { code, stderr } = await run("a", "switch");
    assert.equal(code, 100);
    assert.match(stderr, /won't take effect until you reboot the system/);
    assert.equal(await host.sh("readlink /run/current-system"), "/run/other");
    await host.sh(`ln -sfn ${paths.b} /run/current-system; rm -r /run/other`);
  });
});
