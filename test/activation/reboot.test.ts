import assert from "node:assert/strict";
import { join } from "node:path";
import { checkInputs } from "../../provider/check";
import { InterruptedError } from "../../provider/errors";
import { loadProgram } from "../../provider/host/program";
import { profileActivation } from "../../provider/resources/profile-activation";
import { bring, buildSystem, markAsNixos } from "../examples/nixos-system";
import { bootFleet, byTurns, type Fleet, type Host, linkShell, shells, suites } from "../fleet";
import { Managed, untyped } from "../resources/managed";
import { entryPoint, storePathOn } from "../resources/store-path-on";

const syncThatWaits = `#!/bin/sh
[ "$2" = /nix/store ] || exec /usr/bin/sync "$@"
until [ -e /root/go ]; do sleep 0.1; done
`;
const records = "/var/lib/pulumi-nix/profiles/*/deployments/*/record";

/** Of a system, what a machine boots. */
const bootedParts = ["kernel", "initrd", "kernel-modules"];
/** Says whether a path is tried by a reboot. */
const rebootProgram = [
  ...["profile.sh", "reboot.sh"].map(
    (name) => loadProgram(join(__dirname, "../../provider/activation", name)).text,
  ),
  "kind=nixos action=switch reboot=if-needed path=$1",
  "if wants_reboot; then echo yes; else echo no; fi",
].join("\n");

for (const suite of suites) {
  describe(`a NixOS that is tried by a reboot, on ${suite} with ${shells[suite]}`, function () {
    const inTurn = byTurns(suite);
    let fleet: Fleet;
    let host: Host;
    let managed: Managed;
    let old: string;

    before(async () => {
      fleet = await bootFleet({ [suite]: 1 });
      host = fleet.hosts[0] as Host;
      await linkShell(host);
      await markAsNixos(host);
      old = await system("old", { old: { command: "sleep 1000000" } });
    });
    after(() => fleet.stop());

    beforeEach(async () => {
      managed = new Managed(untyped(profileActivation), `urn:${suite}`);
      await managed.up(inputs(old));
      if ((await link("/run/booted-system")) !== old) await reboot();
    });
    afterEach(async () => {
      await managed.close();
      await host.undoFaults();
    });

    const system = async (...args: Parameters<typeof buildSystem>): Promise<string> => {
      const path = await buildSystem(...args);
      await bring(host, path);
      return path;
    };
    const inputs = (path: string, more: object = {}): object => ({
      connection: host.connection(),
      profile: "system",
      path,
      kind: "nixos",
      keepGenerations: 3,
      confirm: { timeout: 15 },
      ...more,
    });
    const link = (path: string): Promise<string> => host.sh(`readlink -f ${path} || true`);
    /** What runs, was booted, is booted the next time, and what the profile leads to. */
    const state = (): Promise<string[]> =>
      Promise.all(
        [
          "/run/current-system",
          "/run/booted-system",
          "/boot/nixos/default",
          "/nix/var/nix/profiles/system",
        ].map(link),
      );
    const all = (path: string): string[] => [path, path, path, path];
    const reboot = async (): Promise<void> => {
      const before = await host.bootId();
      await host.sh("systemctl reboot");
      await host.restarted(before);
    };
    const isActive = async (unit: string): Promise<boolean> =>
      (await host.trySh(`systemctl is-active ${unit}`)).code === 0;
    /** What is told to have ended clears up behind that. */
    const nothingLeft = (): Promise<void> =>
      host.until(
        '[ -z "$(ls -d /etc/systemd/system.control /var/lib/pulumi-nix/lock /var/lib/pulumi-nix/profiles/*/deployments/*/program)" ]',
      );
    const whenEnded = async (): Promise<string> => {
      const last = `$(ls -t ${records} | head -n 1)`;
      await host.until(`grep '^ended ' ${last}`);
      return host.sh(`cat ${last}`);
    };

    inTurn("boots its boot default, and nothing of another system goes on running", async () => {
      const path = await system("other", { other: { command: "sleep 1000000" } });
      await managed.up(inputs(path, { action: "boot" }));
      for (const restart of [reboot, () => host.powerLoss().then(() => host.boot())]) {
        await host.sh("touch /run/from-before");
        await restart();
        assert.deepEqual(await state(), all(path));
        assert.deepEqual([await isActive("other"), await isActive("old")], [true, false]);
        assert.equal((await host.trySh("test -e /run/from-before")).code, 1);
      }
    });

    inTurn("is switched to when nothing of what it boots differs", async () => {
      const path = await system("same", { same: { command: "sleep 1000000" } });
      const before = await host.bootId();
      await managed.up(inputs(path, { reboot: "if-needed" }));
      assert.equal(await host.bootId(), before);
      assert.deepEqual(await state(), [path, old, path, path]);
    });

    inTurn("is booted when its kernel differs, confirmed, and not booted again", async () => {
      const path = await system("kernel", { fresh: { command: "sleep 1000000" } }, "6.2");
      const before = await host.bootId();
      const seen = await managed.up(inputs(path, { reboot: "if-needed" }));
      assert.equal(seen["activePath"], path);
      assert.deepEqual(await state(), all(path));
      const after = await host.bootId();
      assert.notEqual(after, before);
      assert.deepEqual([await isActive("fresh"), await isActive("old")], [true, false]);
      await managed.ensure(inputs(path, { reboot: "if-needed" }));
      await managed.ensure(inputs(path, { reboot: "always" }));
      assert.equal(await host.bootId(), after);
      await nothingLeft();
    });

    inTurn("is booted whatever it is, when asked, also with the action boot", async () => {
      const path = await system("always", {});
      const before = await host.bootId();
      await managed.up(inputs(path, { action: "boot", reboot: "always" }));
      assert.notEqual(await host.bootId(), before);
      assert.deepEqual(await state(), all(path));
    });

    inTurn("lets a change that waits for its turn meanwhile go on behind the reboot", async () => {
      const path = await system("queue", {});
      const profile = await storePathOn(host, "queued", entryPoint("echo queued >/root/queued"));
      const other = new Managed(untyped(profileActivation), `urn:other-${suite}`);
      await host.sh("rm -rf /var/lib/pulumi-nix/profiles /root/go");
      // What switch-to-configuration does last before a machine may be restarted.
      await host.sh("cat >/usr/local/bin/sync; chmod +x /usr/local/bin/sync", { input: syncThatWaits });
      const going = managed.up(inputs(path, { reboot: "always" }));
      await host.until(`grep '^phase activating' ${records}`);
      const waiting = other.up({ connection: host.connection(), profile: "queued", path: profile });
      await host.until("ls /var/lib/pulumi-nix/profiles/queued-*/deployments/*/record");
      await host.sh("rm /usr/local/bin/sync; touch /root/go");
      await waiting;
      await going;
      await other.close();
      assert.equal(await host.sh("cat /root/queued"), "queued");
      assert.deepEqual(await state(), all(path));
      await nothingLeft();
    });

    inTurn(
      "that is not what the machine came back with is told of by its name, and everything is led back",
      async () => {
        const path = await system("wrong", {}, "6.3");
        await host.sh(
          `systemd-run --unit=meddle --remain-after-exit --property=ExecStop="/bin/ln -sfn ${old} /boot/nixos/default" true`,
        );
        await assert.rejects(managed.up(inputs(path, { reboot: "if-needed" })), (error: Error) => {
          assert.match(
            error.message,
            new RegExp(`came back with the wrong system ${old} instead of ${path}\\n`),
          );
          assert.match(error.message, new RegExp(`the machine is as before: .*it is running ${old} now`));
          return true;
        });
        assert.deepEqual(await state(), all(old));
        await nothingLeft();
      },
    );

    inTurn("that cannot be reached any more goes back by another reboot", async () => {
      const before = await host.bootId();
      const path = await system("deaf", {
        deaf: {
          command: "sh -c 'systemctl mask --runtime --now ssh.socket ssh.service'",
          // sshd stopped while it starts would be a unit that failed.
          unitSection: "After=ssh.service",
          serviceSection: "Type=oneshot\nRemainAfterExit=true",
        },
      });
      await assert.rejects(
        managed.up(inputs(path, { reboot: "always", confirm: { timeout: 3 } })),
        new RegExp(
          `nobody confirmed it within 3 s\\n[^]*the machine is as before: .*it is running ${old} now`,
        ),
      );
      assert.deepEqual(await state(), all(old));
      assert.notEqual(await host.bootId(), before);
      await nothingLeft();
    });

    inTurn("of which a unit fails goes back, unless that is accepted", async () => {
      const path = await system("lame", { lame: { command: "false" } });
      const wanted = inputs(path, { reboot: "always" });
      await assert.rejects(
        managed.up(wanted),
        new RegExp(`units failed when it had booted: lame.service\\n[^]*it is running ${old} now`),
      );
      assert.deepEqual(await state(), all(old));
      await managed.ensure({ ...wanted, acceptFailedUnits: true });
      assert.deepEqual(await state(), all(path));
    });

    inTurn("goes back when the power fails before it is confirmed", async () => {
      const path = await system("cut", {});
      await host.sh("rm -rf /var/lib/pulumi-nix/profiles");
      // Nobody gets in to confirm it.
      await host.sh("systemctl mask ssh.socket ssh.service");
      const going = assert.rejects(
        managed.up(inputs(path, { reboot: "always", confirm: { timeout: 600 } })),
        /cut off while it was waiting/,
      );
      await host.until(`grep '^phase waiting' ${records}`);
      await host.powerLoss();
      const booted = host.boot();
      await host.until("systemctl unmask ssh.socket ssh.service && systemctl start ssh");
      await Promise.all([going, booted]);
      assert.deepEqual(await state(), all(old));
    });

    inTurn("that does not come back is told of, and goes back when it is there again", async () => {
      const path = await system("lost", {});
      const before = await host.bootId();
      host.offAtRestart();
      await assert.rejects(
        managed.up(inputs(path, { reboot: "always", rebootTimeout: 4, confirm: { timeout: 2 } })),
        (error: Error) => {
          assert.ok(error instanceof InterruptedError);
          assert.match(
            error.message,
            new RegExp(`did not come back within 4 s after its reboot \\(its boot id was ${before}\\)`),
          );
          return true;
        },
      );
      await host.boot();
      assert.match(await whenEnded(), /^outcome restored$/m);
      assert.deepEqual(await state(), all(old));
      await managed.ensure(inputs(path, { reboot: "always" }));
      assert.deepEqual(await state(), all(path));
    });

    inTurn("needs it when its kernel, its initrd or its modules alone are not those that run", async () => {
      await host.sh(
        `mkdir /root/next; for part in ${bootedParts.join(" ")}; do echo >/root/other-$part; done`,
      );
      const needs = async (shell: string, other: string): Promise<string> => {
        const links = bootedParts.map((part) =>
          part === other
            ? `ln -sfn /root/other-${part} /root/next/${part}`
            : `ln -sfn "$(readlink -f /run/booted-system/${part})" /root/next/${part}`,
        );
        await host.sh(links.join("; "));
        return host.sh(`${shell} -s /root/next`, { input: rebootProgram });
      };
      for (const shell of Object.values(shells)) {
        assert.equal(await needs(shell, "nothing"), "no");
        for (const part of bootedParts)
          assert.equal(await needs(shell, part), "yes", `${part}, seen by ${shell}`);
      }
    });
  });
}

describe("what is for a NixOS only", () => {
  const connection = { host: "192.0.2.1", user: "root" };
  const wanted = { connection, profile: "p", path: `/nix/store/${"a".repeat(32)}-x` };

  for (const [what, more] of [
    ["reboot", { kind: "custom", reboot: "always" }],
    ["reboot", { kind: "nixos", action: "test", reboot: "if-needed" }],
    ["dryActivate", { kind: "home-manager", dryActivate: true }],
  ] as const)
    it(`is refused with another kind or action: ${JSON.stringify(more)}`, () => {
      const { problems } = checkInputs(untyped(profileActivation), { ...wanted, ...more });
      assert.deepEqual(
        problems.map(({ property }) => property),
        [what],
      );
    });
});
