import assert from "node:assert/strict";
import { RefusedError } from "../../provider/errors";
import { onEachSuite } from "../systemd/fixtures/each-suite";
import { rejection } from "../systemd/fixtures/failure";
import { ManagedUnit } from "../systemd/fixtures/managed-unit";

onEachSuite("a unit", (bench, inTurn) => {
  inTurn("is written, enabled and started", async () => {
    const at = bench();
    const state = await at.unit.up(at.sleeping(1000));
    assert.equal(await at.show("ActiveState"), "active");
    assert.equal(await at.host.sh(`systemctl is-enabled ${at.name}`), "enabled");
    assert.equal(await at.host.sh(`stat -c %a ${at.file}`), "644");
    assert.match(
      await at.host.sh(`cat ${at.file}`),
      new RegExp(
        `^# Managed by pulumi-nix: ${at.name}-[0-9a-f]{12}\\n\\[Service\\]\\nExecStart=/bin/sleep 1000\\n`,
      ),
    );
    assert.deepEqual(
      [state.activeState, state.subState, state.unitFileState, state.fragmentPath],
      ["active", "running", "enabled", at.file],
    );
  });

  inTurn("that is as asked shows no change, in a refresh neither", async () => {
    const at = bench();
    const state = await at.unit.up(at.sleeping(1000));
    assert.deepEqual(at.unit.changes(at.sleeping(1000)), []);
    assert.deepEqual(await at.unit.refresh(), state);
    const invocation = await at.show("InvocationID");
    await at.unit.up(at.sleeping(1000));
    assert.equal(await at.show("InvocationID"), invocation);
  });

  inTurn("with another definition is restarted with it", async () => {
    const at = bench();
    await at.unit.up(at.sleeping(1000));
    const invocation = await at.show("InvocationID");
    assert.deepEqual(at.unit.changes(at.sleeping(2000)), ["sections", "text"]);
    await at.unit.up(at.sleeping(2000));
    assert.notEqual(await at.show("InvocationID"), invocation);
    assert.match(await at.running(), /sleep 2000/);
    assert.equal(await at.show("NeedDaemonReload"), "no");
  });

  inTurn("whose file an earlier run wrote without coming to the restart is restarted", async () => {
    const at = bench();
    await at.unit.up(at.sleeping(1000));
    await at.host.sh(`sed -i s/1000/2000/ ${at.file} && systemctl daemon-reload`);
    await at.unit.up(at.sleeping(2000));
    assert.match(await at.running(), /sleep 2000/);
  });

  inTurn("is restarted when a trigger changes, and its file is not written again", async () => {
    const at = bench();
    await at.unit.up(at.sleeping(1000, { restartTriggers: [{ a: 1, b: 2 }] }));
    const [invocation, inode] = [await at.show("InvocationID"), await at.host.sh(`stat -c %i ${at.file}`)];
    await at.unit.up(at.sleeping(1000, { restartTriggers: [{ b: 2, a: 1 }] }));
    assert.equal(await at.show("InvocationID"), invocation);
    await at.unit.up(at.sleeping(1000, { restartTriggers: [{ a: 1, b: 3 }] }));
    assert.notEqual(await at.show("InvocationID"), invocation);
    assert.equal(await at.host.sh(`stat -c %i ${at.file}`), inode);
  });

  inTurn("that is wanted by another target is no longer wanted by the first", async () => {
    const at = bench();
    await at.unit.up(at.sleeping(1000));
    const sections = { Service: { ExecStart: "/bin/sleep 1000" }, Install: { WantedBy: "basic.target" } };
    await at.unit.up(at.sleeping(1000, { sections }));
    assert.equal(
      await at.host.sh(`cd /etc/systemd/system && find . -name ${at.name} -type l`),
      `./basic.target.wants/${at.name}`,
    );
  });

  inTurn("is stopped and disabled when asked, and its file stays", async () => {
    const at = bench();
    await at.unit.up(at.sleeping(1000));
    const state = await at.unit.up(at.sleeping(1000, { state: "stopped", enabled: false }));
    assert.deepEqual(
      [state.activeState, state.unitFileState, state.state],
      ["inactive", "disabled", "stopped"],
    );
    assert.deepEqual(at.unit.changes(at.sleeping(1000)), ["enabled", "state"]);
    const again = await at.unit.up(at.sleeping(1000));
    assert.deepEqual([again.activeState, again.unitFileState], ["active", "enabled"]);
  });

  inTurn("that ends with an error when it is stopped is stopped", async () => {
    const at = bench();
    const ExecStart = `/bin/sh -c 'trap "exit 3" TERM; while :; do sleep 0.1; done'`;
    await at.unit.up(at.sleeping(0, { sections: { Service: { ExecStart } } }));
    const state = await at.unit.up(
      at.sleeping(0, { sections: { Service: { ExecStart } }, state: "stopped" }),
    );
    assert.deepEqual([state.activeState, state.state], ["inactive", "stopped"]);
  });

  inTurn("that was stopped and disabled by hand is seen so and repaired", async () => {
    const at = bench();
    await at.unit.up(at.sleeping(1000));
    await at.host.sh(`systemctl disable --now ${at.name} 2>&1`);
    const seen = await at.unit.refresh();
    assert.deepEqual([seen?.state, seen?.enabled], ["stopped", false]);
    assert.deepEqual(at.unit.changes(at.sleeping(1000)), ["enabled", "state"]);
    await at.unit.up(at.sleeping(1000));
    assert.deepEqual(at.unit.changes(at.sleeping(1000)), []);
    assert.equal(await at.show("ActiveState"), "active");
  });

  inTurn("whose file was changed by hand is seen with that text and repaired", async () => {
    const at = bench();
    await at.unit.up(at.sleeping(1000));
    await at.host.sh(
      `sed -i s/1000/3000/ ${at.file} && systemctl daemon-reload && systemctl restart ${at.name}`,
    );
    const seen = await at.unit.refresh();
    assert.match(seen?.text ?? "", /^\[Service\]\nExecStart=\/bin\/sleep 3000\n/);
    assert.deepEqual(at.unit.changes(at.sleeping(1000)), ["text"]);
    await at.unit.up(at.sleeping(1000));
    assert.deepEqual(at.unit.changes(at.sleeping(1000)), []);
    assert.match(await at.running(), /sleep 1000/);
  });

  inTurn("that was masked by hand is seen so and repaired", async () => {
    const at = bench();
    await at.unit.up(at.sleeping(1000));
    await at.host.sh(`rm ${at.file} && systemctl mask --now ${at.name} 2>&1`);
    const seen = await at.unit.refresh();
    assert.deepEqual([seen?.source, seen?.text, seen?.state], ["/dev/null", undefined, "stopped"]);
    await at.unit.up(at.sleeping(1000));
    assert.deepEqual(at.unit.changes(at.sleeping(1000)), []);
  });

  inTurn("that was removed by hand is gone, and made again", async () => {
    const at = bench();
    await at.unit.up(at.sleeping(1000));
    await at.host.sh(`systemctl disable --now ${at.name} 2>&1; rm ${at.file}; systemctl daemon-reload`);
    assert.equal(await at.unit.refresh(), undefined);
    const state = await at.unit.up(at.sleeping(1000));
    assert.deepEqual([state.activeState, state.unitFileState], ["active", "enabled"]);
  });

  inTurn("is taken away with everything that was made for it", async () => {
    const at = bench();
    await at.unit.up(at.sleeping(1000));
    await at.unit.destroy();
    assert.equal(
      await at.host.sh(`find /etc/systemd /var/lib/pulumi-nix -name '*${at.name}*' 2>/dev/null || true`),
      "",
    );
    assert.equal(await at.show("LoadState"), "not-found");
    assert.equal(await at.show("ActiveState"), "inactive");
  });

  inTurn("that failed later is taken away without a trace in systemd", async () => {
    const at = bench();
    await at.unit.up(at.sleeping(1000));
    await at.host.sh(`systemctl kill -s KILL ${at.name}`);
    await at.untilIs("failed");
    await at.unit.destroy();
    assert.equal(await at.host.sh(`systemctl list-units --all --plain --no-legend ${at.name}`), "");
  });

  inTurn("that is absent is deleted already", async () => {
    const at = bench();
    await at.unit.up(at.sleeping(1000));
    const { state } = at.unit;
    await at.unit.destroy();
    at.unit.state = state;
    await at.unit.destroy();
    assert.deepEqual(at.unit.warnings, []);
  });

  inTurn("whose file was removed by hand is stopped when it is deleted", async () => {
    const at = bench();
    await at.unit.up(at.sleeping(1000));
    await at.host.sh(`rm ${at.file}`);
    await at.unit.destroy();
    assert.equal(await at.show("ActiveState"), "inactive");
    assert.equal(await at.host.sh(`find /etc/systemd/system -name ${at.name}`), "");
  });

  inTurn("that another resource took over is left alone, with a warning", async () => {
    const at = bench();
    const other = new ManagedUnit(`urn:other-${at.number}`);
    try {
      await at.unit.up(at.sleeping(1000));
      await other.up(at.sleeping(2000));
      assert.match(
        other.warnings.join(),
        /written by another resource of pulumi-nix, unit\d+\.service-[0-9a-f]{12}: /,
      );
      await at.unit.destroy();
      assert.match(at.unit.warnings.join(), /is no longer ours: it is left as it is/);
      assert.equal(await at.show("ActiveState"), "active");
      assert.deepEqual((await other.refresh())?.state, "started");
    } finally {
      await other.destroy();
      await other.close();
    }
  });

  inTurn("that was there before is kept under another name, with a warning", async () => {
    const at = bench();
    await at.host.sh(`echo '[Service]' >${at.file}`);
    await at.unit.up(at.sleeping(1000));
    assert.equal(await at.host.sh(`cat ${at.file}.before-pulumi-nix`), "[Service]");
    assert.match(at.unit.warnings.join(), /was there already/);
    await at.host.sh(`rm ${at.file}.before-pulumi-nix`);
  });

  inTurn("that was there before is kept beside what was kept earlier", async () => {
    const at = bench();
    for (const [description, kept] of [
      ["one", `${at.file}.before-pulumi-nix`],
      ["two", `${at.file}.before-pulumi-nix.1`],
      ["three", `${at.file}.before-pulumi-nix.2`],
    ] as const) {
      await at.host.sh(`printf '[Unit]\nDescription=${description}\n' >${at.file}`);
      await at.unit.up(at.sleeping(1000));
      assert.match(await at.host.sh(`cat ${kept}`), new RegExp(`=${description}$`));
      assert.ok(at.unit.warnings.at(-1)?.endsWith(`kept as ${kept}`));
      await at.unit.destroy();
    }
    await at.host.sh(`rm ${at.file}.before-pulumi-nix*`);
  });

  inTurn("is refused where the folder of units is read-only", async () => {
    const at = bench();
    await at.host.sh("mount --bind -o ro /etc/systemd/system /etc/systemd/system");
    try {
      const failure = await rejection(at.unit.up(at.sleeping(1000)));
      assert.ok(failure instanceof RefusedError);
      assert.match(failure.message, /cannot be written\nhint: NixOS/);
    } finally {
      await at.host.sh("umount /etc/systemd/system");
    }
  });
});
