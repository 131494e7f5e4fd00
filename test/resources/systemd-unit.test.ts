import assert from "node:assert/strict";
import { type Host, sharedFleet, type Suite } from "../fleet";
import { ManagedUnit } from "../systemd/fixtures/managed-unit";
import { rejection, unitFailure } from "../systemd/fixtures/failure";
import { RefusedError } from "../../provider/errors";

const Install = { WantedBy: "multi-user.target" };
let made = 0;

for (const suite of ["bookworm", "trixie"] satisfies Suite[]) {
  describe(`a unit on ${suite}`, function () {
    this.timeout(60_000);
    let host: Host;
    let unit: ManagedUnit;
    let name: string;

    before(async () => {
      const shared = await sharedFleet({ [suite]: 1 });
      host = shared[suite][0] as Host;
    });

    beforeEach(() => {
      made += 1;
      unit = new ManagedUnit(`urn:unit-${made}`);
      name = `unit${made}.service`;
    });

    afterEach(async () => {
      await unit.destroy();
      await unit.close();
    });

    const sleeping = (seconds: number, more: object = {}) => ({
      connection: host.connection(),
      name,
      sections: { Service: { ExecStart: `/bin/sleep ${seconds}` }, Install },
      settle: 0.2,
      ...more,
    });
    const show = (property: string) => host.sh(`systemctl show ${name} -p ${property} --value`);
    const file = () => `/etc/systemd/system/${name}`;

    it("is written, enabled and started", async () => {
      const state = await unit.up(sleeping(1000));
      assert.equal(await show("ActiveState"), "active");
      assert.equal(await host.sh(`systemctl is-enabled ${name}`), "enabled");
      assert.equal(await host.sh(`stat -c %a ${file()}`), "644");
      assert.match(
        await host.sh(`cat ${file()}`),
        new RegExp(
          `^# Managed by pulumi-nix: ${name}@root@.*\\n\\[Service\\]\\nExecStart=/bin/sleep 1000\\n`,
        ),
      );
      assert.deepEqual(
        [state.activeState, state.subState, state.unitFileState, state.fragmentPath],
        ["active", "running", "enabled", file()],
      );
    });

    it("that is as asked shows no change, in a refresh neither", async () => {
      const state = await unit.up(sleeping(1000));
      assert.deepEqual(unit.changes(sleeping(1000)), []);
      assert.deepEqual(await unit.refresh(), state);
      const invocation = await show("InvocationID");
      await unit.up(sleeping(1000));
      assert.equal(await show("InvocationID"), invocation);
    });

    it("with another definition is restarted with it", async () => {
      await unit.up(sleeping(1000));
      const invocation = await show("InvocationID");
      assert.deepEqual(unit.changes(sleeping(2000)), ["sections", "text"]);
      await unit.up(sleeping(2000));
      assert.notEqual(await show("InvocationID"), invocation);
      assert.match(await host.sh(`ps -o args= $(systemctl show ${name} -p MainPID --value)`), /sleep 2000/);
      assert.equal(await show("NeedDaemonReload"), "no");
    });

    it("whose file an earlier run wrote without coming to the restart is restarted", async () => {
      await unit.up(sleeping(1000));
      await host.sh(`sed -i s/1000/2000/ ${file()} && systemctl daemon-reload`);
      await unit.up(sleeping(2000));
      assert.match(await host.sh(`ps -o args= $(systemctl show ${name} -p MainPID --value)`), /sleep 2000/);
    });

    it("is restarted when a trigger changes, and its file is not written again", async () => {
      await unit.up(sleeping(1000, { restartTriggers: [{ a: 1, b: 2 }] }));
      const [invocation, inode] = [await show("InvocationID"), await host.sh(`stat -c %i ${file()}`)];
      await unit.up(sleeping(1000, { restartTriggers: [{ b: 2, a: 1 }] }));
      assert.equal(await show("InvocationID"), invocation);
      await unit.up(sleeping(1000, { restartTriggers: [{ a: 1, b: 3 }] }));
      assert.notEqual(await show("InvocationID"), invocation);
      assert.equal(await host.sh(`stat -c %i ${file()}`), inode);
    });

    it("that is wanted by another target is no longer wanted by the first", async () => {
      await unit.up(sleeping(1000));
      const sections = { Service: { ExecStart: "/bin/sleep 1000" }, Install: { WantedBy: "basic.target" } };
      await unit.up(sleeping(1000, { sections }));
      assert.equal(
        await host.sh(`cd /etc/systemd/system && find . -name ${name} -type l`),
        `./basic.target.wants/${name}`,
      );
    });

    it("is stopped and disabled when asked, and its file stays", async () => {
      await unit.up(sleeping(1000));
      const state = await unit.up(sleeping(1000, { state: "stopped", enabled: false }));
      assert.deepEqual(
        [state.activeState, state.unitFileState, state.state],
        ["inactive", "disabled", "stopped"],
      );
      assert.deepEqual(unit.changes(sleeping(1000)), ["enabled", "state"]);
      const again = await unit.up(sleeping(1000));
      assert.deepEqual([again.activeState, again.unitFileState], ["active", "enabled"]);
    });

    it("that ends with an error when it is stopped is stopped", async () => {
      const ExecStart = `/bin/sh -c 'trap "exit 3" TERM; while :; do sleep 0.1; done'`;
      await unit.up(sleeping(0, { sections: { Service: { ExecStart } } }));
      const state = await unit.up(sleeping(0, { sections: { Service: { ExecStart } }, state: "stopped" }));
      assert.deepEqual([state.activeState, state.state], ["inactive", "stopped"]);
    });

    it("that was stopped and disabled by hand is seen so and repaired", async () => {
      await unit.up(sleeping(1000));
      await host.sh(`systemctl disable --now ${name} 2>&1`);
      const seen = await unit.refresh();
      assert.deepEqual([seen?.state, seen?.enabled], ["stopped", false]);
      assert.deepEqual(unit.changes(sleeping(1000)), ["enabled", "state"]);
      await unit.up(sleeping(1000));
      assert.deepEqual(unit.changes(sleeping(1000)), []);
      assert.equal(await show("ActiveState"), "active");
    });

    it("whose file was changed by hand is seen with that text and repaired", async () => {
      await unit.up(sleeping(1000));
      await host.sh(`sed -i s/1000/3000/ ${file()} && systemctl daemon-reload && systemctl restart ${name}`);
      const seen = await unit.refresh();
      assert.match(seen?.text ?? "", /^\[Service\]\nExecStart=\/bin\/sleep 3000\n/);
      assert.deepEqual(unit.changes(sleeping(1000)), ["text"]);
      await unit.up(sleeping(1000));
      assert.deepEqual(unit.changes(sleeping(1000)), []);
      assert.match(await host.sh(`ps -o args= $(systemctl show ${name} -p MainPID --value)`), /sleep 1000/);
    });

    it("that was masked by hand is seen so and repaired", async () => {
      await unit.up(sleeping(1000));
      await host.sh(`rm ${file()} && systemctl mask --now ${name} 2>&1`);
      const seen = await unit.refresh();
      assert.deepEqual([seen?.source, seen?.text, seen?.state], ["/dev/null", undefined, "stopped"]);
      await unit.up(sleeping(1000));
      assert.deepEqual(unit.changes(sleeping(1000)), []);
    });

    it("that was removed by hand is gone, and made again", async () => {
      await unit.up(sleeping(1000));
      await host.sh(`systemctl disable --now ${name} 2>&1; rm ${file()}; systemctl daemon-reload`);
      assert.equal(await unit.refresh(), undefined);
      const state = await unit.up(sleeping(1000));
      assert.deepEqual([state.activeState, state.unitFileState], ["active", "enabled"]);
    });

    it("that exits is a failure with its journal, and a corrected one goes on from there", async () => {
      const ExecStart = "/bin/sh -c 'echo no such database; exit 7'";
      const failure = await unitFailure(
        unit.up(sleeping(0, { sections: { Service: { ExecStart }, Install } })),
      );
      assert.deepEqual(
        [
          failure.unit,
          failure.activeState,
          failure.subState,
          failure.result,
          failure.exitStatus,
          failure.timedOut,
        ],
        [name, "failed", "failed", "exit-code", 7, false],
      );
      assert.ok(failure.journal.includes("no such database"));
      assert.match(
        failure.message,
        new RegExp(`^restarting ${name} on .* failed: it is failed \\(failed\\), result exit-code`),
      );
      assert.match(failure.message, /the machine was changed: .* was written/);
      assert.equal(unit.state?.state, "failed");
      assert.match(unit.state.text ?? "", /no such database/);
      await unit.up(sleeping(1000));
      assert.deepEqual(unit.changes(sleeping(1000)), []);
    });

    it("that ends well at once is a failure too", async () => {
      const failure = await unitFailure(unit.up(sleeping(0)));
      assert.deepEqual([failure.activeState, failure.result, failure.exitStatus], ["inactive", "success", 0]);
      assert.match(failure.message, /hint: .*Type: oneshot/);
    });

    it("that is started again and again is a failure when its time is over", async () => {
      const Service = { ExecStart: "/bin/sh -c 'sleep 0.1; exit 1'", Restart: "always", RestartSec: 0.1 };
      const sections = { Unit: { StartLimitIntervalSec: 0 }, Service };
      const failure = await unitFailure(unit.up(sleeping(0, { sections, timeout: 2, settle: 1 })));
      assert.equal(failure.timedOut, true);
      assert.match(failure.message, /after 2 s, .*restarted \d+ times/);
      assert.equal(unit.state?.state, "failed");
      assert.equal((await unit.refresh())?.name, name);
      // Still so in the next run, though it may be up at the moment of a look.
      await unitFailure(unit.up(sleeping(0, { sections, timeout: 1, settle: 1 })));
    });

    it("that is not ready in its time is a failure", async () => {
      const sections = { Service: { Type: "notify", ExecStart: "/bin/sleep 1000" } };
      const failure = await unitFailure(unit.up(sleeping(0, { sections, timeout: 1 })));
      assert.deepEqual(
        [failure.activeState, failure.subState, failure.timedOut],
        ["activating", "start", true],
      );
      assert.match(failure.message, /it is activating \(start\) after 1 s/);
    });

    it("that systemd cannot read is a failure that says so", async () => {
      const failure = await unitFailure(unit.up(sleeping(0, { sections: { Service: { User: "root" } } })));
      assert.match(failure.message, /its file is bad-setting/);
      assert.match(failure.message, /ExecStart=/);
    });

    it("that ends well at once and that nothing keeps in systemd's memory is a failure too", async () => {
      const failure = await unitFailure(
        unit.up(sleeping(0, { sections: { Service: { ExecStart: "/bin/true" } } })),
      );
      assert.equal(failure.activeState, "inactive");
      assert.match(failure.message, /hint: its process ended/);
    });

    it("whose condition is not met is a failure that says so", async () => {
      const sections = {
        Unit: { ConditionPathExists: "/nowhere" },
        Service: { ExecStart: "/bin/sleep 1000" },
      };
      const failure = await unitFailure(unit.up(sleeping(0, { sections })));
      assert.match(failure.message, /hint: .*Condition/);
    });

    it("that does its work once has run once, and runs again when it changes", async () => {
      const oneshot = (word: string) =>
        sleeping(0, {
          sections: { Service: { Type: "oneshot", ExecStart: `/bin/sh -c 'echo ${word} >>/tmp/${name}'` } },
        });
      const state = await unit.up(oneshot("one"));
      assert.deepEqual([state.state, state.activeState], ["started", "inactive"]);
      assert.deepEqual(await unit.refresh(), state);
      await unit.up(oneshot("one"));
      await unit.up(oneshot("two"));
      assert.equal(await host.sh(`cat /tmp/${name}`), "one\ntwo");
    });

    it("that fails in doing its work once is a failure", async () => {
      const sections = { Service: { Type: "oneshot", ExecStart: "/bin/false" } };
      const failure = await unitFailure(unit.up(sleeping(0, { sections })));
      assert.deepEqual([failure.activeState, failure.exitStatus], ["failed", 1]);
    });

    it("that does its work once and requires what fails is a failure", async () => {
      await host.sh(
        `printf '[Service]\\nExecStart=/nowhere\\nType=exec\\n' >/run/systemd/system/broken-${name}`,
      );
      const sections = {
        Unit: { Requires: `broken-${name}`, After: `broken-${name}` },
        Service: { Type: "oneshot", ExecStart: "/bin/true" },
      };
      const failure = await unitFailure(unit.up(sleeping(0, { sections })));
      assert.match(failure.message, /A dependency job for .* failed/);
    });

    it("that a timer starts is as asked whether it runs or not", async () => {
      const timer = new ManagedUnit(`urn:timer-${made}`);
      const asked = sleeping(1000, {
        sections: { Service: { ExecStart: "/bin/sleep 1000" } },
        state: "stopped",
      });
      const schedule = {
        connection: host.connection(),
        name: name.replace(".service", ".timer"),
        sections: { Timer: { OnActiveSec: "1h" }, Install: { WantedBy: "timers.target" } },
      };
      try {
        await unit.up(asked);
        const state = await timer.up(schedule);
        assert.deepEqual([state.activeState, state.subState, state.enabled], ["active", "waiting", true]);
        await host.sh(`systemctl start ${name}`);
        assert.deepEqual(await timer.refresh(), state);
        await unit.refresh();
        assert.deepEqual(unit.changes(asked), []);
        await unit.up(asked);
        assert.equal(await show("ActiveState"), "active");
      } finally {
        await timer.destroy();
        await timer.close();
      }
    });

    it("that listens for another one shows no change when that one is started", async () => {
      const socket = new ManagedUnit(`urn:socket-${made}`);
      const ListenStream = `/run/${name}.socket`;
      const listening = {
        connection: host.connection(),
        name: name.replace(".service", ".socket"),
        sections: { Socket: { ListenStream }, Install: { WantedBy: "sockets.target" } },
      };
      const asked = sleeping(1000, {
        state: "stopped",
        sections: { Service: { ExecStart: "/bin/sleep 1000" } },
      });
      try {
        const stopped = await unit.up(asked);
        const state = await socket.up(listening);
        assert.equal(state.subState, "listening");
        await host.sh(`curl -s --max-time 1 --unix-socket ${ListenStream} http://x || true`);
        assert.equal(await show("ActiveState"), "active");
        assert.deepEqual(await socket.refresh(), state);
        assert.deepEqual(await unit.refresh(), stopped);
      } finally {
        await socket.destroy();
        await socket.close();
      }
    });

    it("may be a target, a path or a mount", async () => {
      const others = [
        ["target", { Unit: { Description: "all of it" } }],
        ["path", { Path: { PathExists: "/nowhere", Unit: "rescue.target" } }],
        ["mount", { Mount: { What: "tmpfs", Where: `/mnt/m${made}`, Type: "tmpfs" } }],
      ] as const;
      for (const [type, sections] of others) {
        const other = new ManagedUnit(`urn:${type}-${made}`);
        const otherName = type === "mount" ? `mnt-m${made}.mount` : `other${made}.${type}`;
        try {
          const state = await other.up({
            connection: host.connection(),
            name: otherName,
            sections,
            settle: 0,
          });
          assert.equal(state.activeState, "active");
          assert.deepEqual(await other.refresh(), state);
        } finally {
          await other.destroy();
          await other.close();
        }
        assert.equal(await host.sh(`systemctl show ${otherName} -p LoadState --value`), "not-found");
      }
    });

    it("is taken away with everything that was made for it", async () => {
      await unit.up(sleeping(1000));
      await unit.destroy();
      assert.equal(
        await host.sh(`find /etc/systemd /var/lib/pulumi-nix -name '*${name}*' 2>/dev/null || true`),
        "",
      );
      assert.equal(await show("LoadState"), "not-found");
      assert.equal(await show("ActiveState"), "inactive");
    });

    it("that failed is taken away without a trace in systemd", async () => {
      await unitFailure(unit.up(sleeping(0, { sections: { Service: { ExecStart: "/bin/false" } } })));
      await unit.destroy();
      assert.equal(await host.sh(`systemctl list-units --all --plain --no-legend ${name}`), "");
    });

    it("that is absent is deleted already", async () => {
      await unit.up(sleeping(1000));
      const { state } = unit;
      await unit.destroy();
      unit.state = state;
      await unit.destroy();
      assert.deepEqual(unit.warnings, []);
    });

    it("whose file was removed by hand is stopped when it is deleted", async () => {
      await unit.up(sleeping(1000));
      await host.sh(`rm ${file()}`);
      await unit.destroy();
      assert.equal(await show("ActiveState"), "inactive");
      assert.equal(await host.sh(`find /etc/systemd/system -name ${name}`), "");
    });

    it("that another resource took over is left alone, with a warning", async () => {
      const other = new ManagedUnit(`urn:other-${made}`);
      try {
        await unit.up(sleeping(1000));
        await other.up(sleeping(2000));
        await unit.destroy();
        assert.match(unit.warnings.join(), /is no longer ours: it is left as it is/);
        assert.equal(await show("ActiveState"), "active");
        assert.deepEqual((await other.refresh())?.state, "started");
      } finally {
        await other.destroy();
        await other.close();
      }
    });

    it("that was there before is kept under another name, with a warning", async () => {
      await host.sh(`echo '[Service]' >${file()}`);
      await unit.up(sleeping(1000));
      assert.equal(await host.sh(`cat ${file()}.before-pulumi-nix`), "[Service]");
      assert.match(unit.warnings.join(), /was there already/);
      await host.sh(`rm ${file()}.before-pulumi-nix`);
    });

    it("is refused where the folder of units is read-only", async () => {
      await host.sh("mount --bind -o ro /etc/systemd/system /etc/systemd/system");
      try {
        const failure = await rejection(unit.up(sleeping(1000)));
        assert.ok(failure instanceof RefusedError);
        assert.match(failure.message, /cannot be written\nhint: NixOS/);
      } finally {
        await host.sh("umount /etc/systemd/system");
      }
    });
  });
}
