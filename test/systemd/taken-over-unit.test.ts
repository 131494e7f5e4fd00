import assert from "node:assert/strict";
import { onEachSuite, type Bench } from "./fixtures/each-suite";
import { rejection } from "./fixtures/failure";
import { ManagedUnit } from "./fixtures/managed-unit";
import { addUnitPackage } from "./fixtures/unit-package";

const install = "[Install]\nWantedBy=multi-user.target\n";

onEachSuite("a unit that somebody else has put there", (bench, inTurn) => {
  /** As `sleeping` has it. */
  const write = (at: Bench, seconds: number): Promise<string> =>
    at.host.sh(`cat >${at.file}; systemctl daemon-reload`, {
      input: `[Service]\nExecStart=/bin/sleep ${seconds}\n\n${install}`,
    });
  const run = (at: Bench): Promise<string> => at.host.sh(`systemctl enable --now ${at.name} 2>&1`);
  const clear = (at: Bench): Promise<string> =>
    at.host.sh(
      `systemctl disable --now ${at.name} >/dev/null 2>&1; rm -rf ${at.file}*; systemctl daemon-reload`,
    );
  /** To the byte, and which run of it. */
  const all = async (at: Bench): Promise<string> =>
    `${await at.show("InvocationID")}\n${await at.snapshot()}`;
  const kept = (at: Bench): string => `${at.file}.before-pulumi-nix`;
  /** All that we keep on the machine, also of other units. */
  const ours = (at: Bench): Promise<string> =>
    at.host.sh("find /var/lib/pulumi-nix ! -type d 2>/dev/null | sort || true");

  inTurn("is taken over as it is when it is as asked, and stays when it is deleted", async () => {
    const at = bench();
    await write(at, 1000);
    await run(at);
    try {
      const [before, had] = [await all(at), await ours(at)];
      const said = await at.unit.previewed(at.sleeping(1000));
      assert.match(said, /^unit\d+\.service is there already on \S+: would be taken over as it is$/);
      const state = await at.unit.up(at.sleeping(1000));
      assert.equal(await all(at), before);
      assert.deepEqual([state.adopted, state.state, state.enabled], [true, "started", true]);
      assert.match(at.unit.told.join("\n"), /: it was taken over as it is$/);
      assert.deepEqual(await at.unit.refresh(), state);
      assert.deepEqual(at.unit.changes(at.sleeping(1000)), []);
      assert.deepEqual(await at.unit.up(at.sleeping(1000)), state);
      await at.unit.destroy();
      assert.equal(await all(at), before);
      assert.deepEqual(at.unit.warnings, []);
      assert.match(at.unit.told.at(-1) ?? "", /before it was taken over: it is left as it is$/);
      assert.equal(await ours(at), had);
    } finally {
      await clear(at);
    }
  });

  inTurn("is taken over as it is when it is stopped and shall be", async () => {
    const at = bench();
    await write(at, 1000);
    try {
      const before = await all(at);
      const state = await at.unit.up(at.sleeping(1000, { state: "stopped", enabled: false }));
      assert.deepEqual([state.adopted, await all(at)], [true, before]);
    } finally {
      await clear(at);
    }
  });

  inTurn("is ours as soon as something of it has to change, and what was there is kept", async () => {
    const at = bench();
    await write(at, 1000);
    await run(at);
    try {
      await at.unit.up(at.sleeping(1000));
      const invocation = await at.show("InvocationID");
      const state = await at.unit.up(at.sleeping(1000, { restartTriggers: ["new"] }));
      assert.notEqual(await at.show("InvocationID"), invocation);
      assert.equal(state.adopted, undefined);
      assert.match(await at.host.sh(`cat ${kept(at)}`), /^\[Service\]\nExecStart=\/bin\/sleep 1000\n/);
      await at.unit.destroy();
      assert.equal(await at.show("ActiveState"), "inactive");
    } finally {
      await clear(at);
    }
  });

  inTurn("is not restarted when only its being enabled is not as asked", async () => {
    const at = bench();
    await write(at, 1000);
    await at.host.sh(`systemctl start ${at.name}`);
    try {
      const invocation = await at.show("InvocationID");
      assert.ok(
        (await at.unit.previewed(at.sleeping(1000))).endsWith(
          `: would be replaced and enabled, without a restart; what is there would be kept as ${kept(at)}`,
        ),
      );
      const state = await at.unit.up(at.sleeping(1000));
      assert.equal(await at.show("InvocationID"), invocation);
      assert.deepEqual([state.enabled, state.adopted], [true, undefined]);
      assert.equal(await at.show("NeedDaemonReload"), "no");
    } finally {
      await clear(at);
    }
  });

  inTurn("is started when it is down", async () => {
    const at = bench();
    await write(at, 1000);
    try {
      const said = await at.unit.previewed(at.sleeping(1000));
      assert.match(said, /: would be replaced and enabled and started; what is there/);
      await at.unit.up(at.sleeping(1000));
      assert.equal(await at.show("ActiveState"), "active");
    } finally {
      await clear(at);
    }
  });

  inTurn("is restarted with the wanted text when it has another one, which is kept", async () => {
    const at = bench();
    await write(at, 2000);
    await run(at);
    try {
      assert.ok(
        (await at.unit.previewed(at.sleeping(1000))).endsWith(
          ` with another text: would be replaced and restarted; what is there would be kept as ${kept(at)}`,
        ),
      );
      const state = await at.unit.up(at.sleeping(1000));
      assert.match(await at.running(), /sleep 1000/);
      assert.equal(state.adopted, undefined);
    } finally {
      await clear(at);
    }
  });

  /** Waits until a change is later than the start, whatever the ticks of the clocks. */
  const longUp = async (at: Bench): Promise<void> => {
    const since = await at.show("ActiveEnterTimestampMonotonic");
    await at.host.until(`awk '{ exit !($1 * 1000000 > ${since} + 500000) }' /proc/uptime`);
  };

  for (const [how, reload] of [
    ["has not loaded the text that is there", ""],
    ["has loaded the text that is there behind its start", "systemctl daemon-reload"],
  ] as const) {
    inTurn(`is restarted when systemd ${how}`, async () => {
      const at = bench();
      await write(at, 2000);
      await run(at);
      await longUp(at);
      // As a copy that keeps times would leave it.
      await at.host.sh(`sed -i s/2000/1000/ ${at.file}; touch -d '1 hour ago' ${at.file}; ${reload}`);
      try {
        assert.match(await at.unit.previewed(at.sleeping(1000)), /: would be replaced and restarted; what/);
        await at.unit.up(at.sleeping(1000));
        assert.match(await at.running(), /sleep 1000/);
        assert.equal(await at.show("NeedDaemonReload"), "no");
      } finally {
        await clear(at);
      }
    });
  }

  inTurn("is not taken over when a health check fails, and is left as it is", async () => {
    const at = bench();
    await write(at, 1000);
    await run(at);
    try {
      const before = await all(at);
      const check = { command: ["test", "-e", "/run/well"], timeout: 1, interval: 0.1 };
      const failure = await rejection(at.unit.up(at.sleeping(1000, { healthChecks: [check] })));
      assert.match(failure.message, /^taking over unit\d+\.service on /);
      assert.equal(await all(at), before);
      await at.host.sh("touch /run/well");
      const state = await at.unit.up(at.sleeping(1000, { healthChecks: [check] }));
      assert.deepEqual([state.adopted, await all(at)], [true, before]);
    } finally {
      await at.host.sh("rm -f /run/well");
      await clear(at);
    }
  });

  inTurn("from the wanted store path is taken over as it is, and protected meanwhile", async () => {
    const at = bench();
    const text = `[Service]\nExecStart=/bin/sleep 1000\n${install}`;
    const source = await addUnitPackage(at.host, `package${at.number}-there`, { unit: at.name, text });
    const wanted = { connection: at.host.connection(), name: at.name, source, settle: 0.2 };
    const had = await ours(at);
    await at.host.sh(`systemctl enable --now ${source}/lib/systemd/system/${at.name} 2>&1`);
    try {
      const before = await all(at);
      assert.match(await at.unit.previewed(wanted), /: would be taken over as it is$/);
      const state = await at.unit.up(wanted);
      assert.deepEqual([state.adopted, state.source, await all(at)], [true, source, before]);
      assert.match((await ours(at)).replace(had, ""), /\/roots\//);
      await at.unit.destroy();
      assert.deepEqual([await all(at), await ours(at)], [before, had]);
    } finally {
      await clear(at);
    }
  });

  inTurn("that did its one run well is not run again", async () => {
    const at = bench();
    const sections = {
      Service: { ExecStart: "/bin/true", Type: "oneshot" },
      Install: { WantedBy: "multi-user.target" },
    };
    const text = `[Service]\nExecStart=/bin/true\nType=oneshot\n\n${install}`;
    await at.host.sh(`cat >${at.file}; systemctl daemon-reload`, { input: text });
    await run(at);
    try {
      const began = await at.show("ExecMainStartTimestamp");
      const state = await at.unit.up(at.sleeping(0, { sections }));
      assert.deepEqual([state.adopted, await at.show("ExecMainStartTimestamp")], [true, began]);
    } finally {
      await clear(at);
    }
  });

  inTurn("being another resource's becomes ours without a restart", async () => {
    const at = bench();
    const other = new ManagedUnit(`urn:other-${at.number}`);
    try {
      await other.up(at.sleeping(1000));
      const invocation = await at.show("InvocationID");
      assert.match(await at.unit.previewed(at.sleeping(1000)), /: would be taken over as it is$/);
      const state = await at.unit.up(at.sleeping(1000));
      assert.equal(state.adopted, undefined);
      await other.destroy();
      assert.match(other.warnings.join(), /is no longer ours/);
      assert.equal(await at.show("InvocationID"), invocation);
    } finally {
      await other.close();
    }
  });

  inTurn("is not spoken of in a preview when it is not there", async () => {
    const at = bench();
    assert.equal(await at.unit.previewed(at.sleeping(1000)), "");
  });
});
