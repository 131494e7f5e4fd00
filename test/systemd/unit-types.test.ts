import assert from "node:assert/strict";
import { onEachSuite } from "./fixtures/each-suite";
import { ManagedUnit } from "./fixtures/managed-unit";

onEachSuite("a unit", (bench, inTurn) => {
  inTurn("that does its work once has run once, and runs again when it changes", async () => {
    const at = bench();
    const oneshot = (word: string) =>
      at.sleeping(0, {
        sections: { Service: { Type: "oneshot", ExecStart: `/bin/sh -c 'echo ${word} >>/tmp/${at.name}'` } },
      });
    const state = await at.unit.up(oneshot("one"));
    assert.deepEqual([state.state, state.activeState], ["started", "inactive"]);
    assert.deepEqual(await at.unit.refresh(), state);
    await at.unit.up(oneshot("one"));
    await at.unit.up(oneshot("two"));
    assert.equal(await at.host.sh(`cat /tmp/${at.name}`), "one\ntwo");
  });

  inTurn("that a timer starts is as asked whether it runs or not", async () => {
    const at = bench();
    const timer = new ManagedUnit(`urn:timer-${at.number}`);
    const asked = at.sleeping(1000, {
      sections: { Service: { ExecStart: "/bin/sleep 1000" } },
      state: "stopped",
    });
    const schedule = {
      connection: at.host.connection(),
      name: at.name.replace(".service", ".timer"),
      sections: { Timer: { OnActiveSec: "1h" }, Install: { WantedBy: "timers.target" } },
    };
    try {
      await at.unit.up(asked);
      const state = await timer.up(schedule);
      assert.deepEqual([state.activeState, state.subState, state.enabled], ["active", "waiting", true]);
      await at.host.sh(`systemctl start ${at.name}`);
      assert.deepEqual(await timer.refresh(), state);
      await at.unit.refresh();
      assert.deepEqual(at.unit.changes(asked), []);
      await at.unit.up(asked);
      assert.equal(await at.show("ActiveState"), "active");
    } finally {
      await timer.destroy();
      await timer.close();
    }
  });

  inTurn("that listens for another one shows no change when that one is started", async () => {
    const at = bench();
    const socket = new ManagedUnit(`urn:socket-${at.number}`);
    const ListenStream = `/run/${at.name}.socket`;
    const listening = {
      connection: at.host.connection(),
      name: at.name.replace(".service", ".socket"),
      sections: { Socket: { ListenStream }, Install: { WantedBy: "sockets.target" } },
    };
    const asked = at.sleeping(1000, {
      state: "stopped",
      sections: { Service: { ExecStart: "/bin/sleep 1000" } },
    });
    try {
      const stopped = await at.unit.up(asked);
      const state = await socket.up(listening);
      assert.equal(state.subState, "listening");
      await at.host.sh(`curl -s --max-time 1 --unix-socket ${ListenStream} http://x || true`);
      await at.host.until(`systemctl is-active ${at.name}`);
      assert.deepEqual(await socket.refresh(), state);
      assert.deepEqual(await at.unit.refresh(), stopped);
    } finally {
      await socket.destroy();
      await socket.close();
    }
  });

  inTurn("may be a target, a path or a mount", async () => {
    const at = bench();
    const others = [
      ["target", { Unit: { Description: "all of it" } }],
      ["path", { Path: { PathExists: "/nowhere", Unit: "rescue.target" } }],
      ["mount", { Mount: { What: "tmpfs", Where: `/mnt/m${at.number}`, Type: "tmpfs" } }],
    ] as const;
    for (const [type, sections] of others) {
      const other = new ManagedUnit(`urn:${type}-${at.number}`);
      const otherName = type === "mount" ? `mnt-m${at.number}.mount` : `other${at.number}.${type}`;
      try {
        const state = await other.up({
          connection: at.host.connection(),
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
      assert.equal(await at.host.sh(`systemctl show ${otherName} -p LoadState --value`), "not-found");
    }
  });
});
