import assert from "node:assert/strict";
import { RefusedError } from "../../provider/errors";
import { onEachSuite } from "./fixtures/each-suite";
import { rejection, unitFailure } from "./fixtures/failure";

onEachSuite("a unit that is not what was asked", (bench, inTurn) => {
  inTurn(
    "that exits is a failure with its journal and leaves nothing, and a corrected one is made",
    async () => {
      const at = bench();
      const before = await at.snapshot();
      const ExecStart = "/bin/sh -c 'echo no such database; exit 7'";
      const failure = await unitFailure(
        at.unit.up(
          at.sleeping(0, {
            sections: { Service: { ExecStart }, Install: { WantedBy: "multi-user.target" } },
          }),
        ),
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
        [at.name, "failed", "failed", "exit-code", 7, false],
      );
      assert.ok(failure.journal.includes("no such database"));
      assert.match(
        failure.message,
        new RegExp(`^starting ${at.name} on .* failed: it is failed \\(failed\\), result exit-code`),
      );
      assert.ok(
        failure.message.includes(`\nthe machine is as before: there is no ${at.file}`),
        failure.message,
      );
      assert.equal(await at.snapshot(), before);
      assert.equal(await at.host.sh(`systemctl list-units --all --plain --no-legend ${at.name}`), "");
      assert.equal(at.unit.state, undefined);
      await at.unit.up(at.sleeping(1000));
      assert.deepEqual(at.unit.changes(at.sleeping(1000)), []);
    },
  );

  inTurn("that ends well at once is a failure too", async () => {
    const at = bench();
    const failure = await unitFailure(at.unit.up(at.sleeping(0)));
    assert.deepEqual([failure.activeState, failure.result, failure.exitStatus], ["inactive", "success", 0]);
    assert.match(failure.message, /hint: .*Type: oneshot/);
  });

  inTurn("that is started again and again is a failure when its time is over", async () => {
    const at = bench();
    const Service = { ExecStart: "/bin/sh -c 'sleep 0.1; exit 1'", Restart: "always", RestartSec: 0.1 };
    const sections = { Unit: { StartLimitIntervalSec: 0 }, Service };
    const failure = await unitFailure(at.unit.up(at.sleeping(0, { sections, timeout: 2, settle: 1 })));
    assert.equal(failure.timedOut, true);
    assert.match(failure.message, /after 2 s, .*restarted \d+ times/);
    assert.equal(await at.show("LoadState"), "not-found");
  });

  inTurn("that is not ready in its time is a failure", async () => {
    const at = bench();
    const sections = { Service: { Type: "notify", ExecStart: "/bin/sleep 1000" } };
    const failure = await unitFailure(at.unit.up(at.sleeping(0, { sections, timeout: 1 })));
    assert.deepEqual(
      [failure.activeState, failure.subState, failure.timedOut],
      ["activating", "start", true],
    );
    assert.match(failure.message, /it is activating \(start\) after 1 s/);
  });

  inTurn("that systemd cannot read is a failure that says so", async () => {
    const at = bench();
    const failure = await unitFailure(
      at.unit.up(at.sleeping(0, { sections: { Service: { User: "root" } } })),
    );
    assert.match(failure.message, /its file is bad-setting/);
    assert.match(failure.message, /ExecStart=/);
  });

  inTurn("that ends well at once and that nothing keeps in systemd's memory is a failure too", async () => {
    const at = bench();
    const failure = await unitFailure(
      at.unit.up(at.sleeping(0, { sections: { Service: { ExecStart: "/bin/true" } } })),
    );
    assert.equal(failure.activeState, "inactive");
    assert.match(failure.message, /hint: its process ended/);
  });

  inTurn("whose condition is not met is a failure that says so", async () => {
    const at = bench();
    const sections = {
      Unit: { ConditionPathExists: "/nowhere" },
      Service: { ExecStart: "/bin/sleep 1000" },
    };
    const failure = await unitFailure(at.unit.up(at.sleeping(0, { sections })));
    assert.match(failure.message, /hint: .*Condition/);
  });

  inTurn("that fails in doing its work once is a failure", async () => {
    const at = bench();
    const sections = { Service: { Type: "oneshot", ExecStart: "/bin/false" } };
    const failure = await unitFailure(at.unit.up(at.sleeping(0, { sections })));
    assert.deepEqual([failure.activeState, failure.exitStatus], ["failed", 1]);
  });

  inTurn("that does its work once and requires what fails is a failure", async () => {
    const at = bench();
    await at.host.sh(
      `printf '[Service]\\nExecStart=/nowhere\\nType=exec\\n' >/run/systemd/system/broken-${at.name}`,
    );
    const sections = {
      Unit: { Requires: `broken-${at.name}`, After: `broken-${at.name}` },
      Service: { Type: "oneshot", ExecStart: "/bin/true" },
    };
    const failure = await unitFailure(at.unit.up(at.sleeping(0, { sections })));
    assert.match(failure.message, /A dependency job for .* failed/);
  });

  inTurn("that cannot be enabled is a failure with what systemctl said, and is as before", async () => {
    const at = bench();
    await at.unit.up(at.sleeping(1000));
    const [before, invocation] = [await at.snapshot(), await at.show("InvocationID")];
    const sections = { Service: { ExecStart: "/bin/sleep 2000" }, Install: { Alias: "other.timer" } };
    const failure = await rejection(at.unit.up(at.sleeping(0, { sections })));
    assert.ok(failure instanceof RefusedError);
    assert.match(
      failure.message,
      new RegExp(`^restarting ${at.name} on .* failed: systemctl enable refused\\n.*other\\.timer`),
    );
    assert.equal(await at.snapshot(), before);
    // It was not even restarted.
    assert.equal(await at.show("InvocationID"), invocation);
    assert.deepEqual(at.unit.changes(at.sleeping(1000)), []);
  });

  inTurn("that is up whenever it is looked at, but each time anew, is a failure", async () => {
    const at = bench();
    const Service = { ExecStart: "/bin/sleep 0.7", Restart: "always", RestartSec: 0 };
    const sections = { Unit: { StartLimitIntervalSec: 0 }, Service };
    const failure = await unitFailure(at.unit.up(at.sleeping(0, { sections, timeout: 3, settle: 1 })));
    assert.equal(failure.timedOut, true);
    assert.match(failure.message, /after 3 s, .*restarted \d+ times/);
  });
});
