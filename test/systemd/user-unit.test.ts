import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { ConnectError } from "../../provider/errors";
import { passwords, type User } from "../fleet";
import { onEachSuite } from "./fixtures/each-suite";
import { rejection } from "./fixtures/failure";
import { addUnitPackage, isCollectable } from "./fixtures/unit-package";

onEachSuite("a unit and whose it is,", (bench, inTurn) => {
  const seconds = (): number => 20_000 + bench().number;
  const sleeping = (login: User, more: object = {}, connection: object = {}): object => ({
    connection: { ...bench().host.connection({ user: login }), ...connection },
    name: bench().name,
    sections: {
      Service: { ExecStart: `/bin/sleep ${seconds()}` },
      Install: { WantedBy: "default.target" },
    },
    settle: 0.2,
    ...more,
  });
  const owner = (): Promise<string> =>
    bench().host.sh(`ps -o user= -p $(pgrep -xf "/bin/sleep ${seconds()}")`);
  const asUser = (user: string, command: string): Promise<string> =>
    bench().host.sh(
      `setpriv --reuid ${user} --regid ${user} --init-groups --reset-env env XDG_RUNTIME_DIR=/run/user/$(id -u ${user}) ${command}`,
    );

  inTurn("runs as the login user's own, without any way to root", async () => {
    const at = bench();
    const state = await at.unit.up(sleeping("alice", { scope: "user" }));
    assert.equal(await owner(), "alice");
    assert.equal(state.fragmentPath, `/home/alice/.config/systemd/user/${at.name}`);
    assert.equal(await asUser("alice", `systemctl --user is-enabled ${at.name}`), "enabled");
    assert.deepEqual(at.unit.changes(sleeping("alice", { scope: "user" })), []);
    assert.deepEqual(await at.unit.refresh(), state);
    await asUser("alice", `systemctl --user disable --now ${at.name} 2>&1`);
    const seen = await at.unit.refresh();
    assert.deepEqual([seen?.state, seen?.enabled], ["stopped", false]);
    await at.unit.up(sleeping("alice", { scope: "user" }));
    assert.deepEqual(at.unit.warnings, []);
    await at.unit.destroy();
    assert.equal(await at.host.sh(`find /home/alice -name '*${at.name}*'`), "");
  });

  inTurn("that exits is a failure with the user's journal", async () => {
    const at = bench();
    const sections = { Service: { ExecStart: "/bin/sh -c 'echo no such thing; exit 4'" } };
    const failure = await rejection(at.unit.up(sleeping("alice", { scope: "user", sections })));
    assert.match(failure.message, /no such thing/);
  });

  inTurn("that exits while journald is busy is a failure with the user's journal all the same", async () => {
    const at = bench();
    const result = `systemctl --user show ${at.name} -p Result --value`;
    const sections = { Service: { ExecStart: "/bin/sh -c 'echo no such thing; exit 4'" } };
    await at.host.sh("pkill -STOP -x systemd-journal");
    try {
      const failure = rejection(at.unit.up(sleeping("alice", { scope: "user", sections })));
      await at.host.until(`[ "$(${result})" = exit-code ]`, { user: "alice" });
      await delay(1000);
      await at.host.sh("pkill -CONT -x systemd-journal");
      assert.match((await failure).message, /no such thing/);
    } finally {
      await at.host.sh("pkill -CONT -x systemd-journal");
    }
  });

  inTurn(
    "of another user is as before when its watchdog, run by that user's systemd, is killed",
    async () => {
      const at = bench();
      const [login, asked] = [{ elevate: "sudo" }, { scope: "user", user: "alice" }];
      await at.unit.up(sleeping("deploy", asked, login));
      const never = { Service: { Type: "notify", ExecStart: "/bin/sleep 3000" } };
      const change = at.unit.up(sleeping("deploy", { ...asked, sections: never }, login));
      const failed = rejection(change);
      const activity = `systemctl --user show ${at.name} -p ActiveState --value`;
      await at.host.until(`[ "$(${activity})" = activating ]`, { user: "alice" });
      await asUser("alice", "systemctl --user kill --kill-whom=main --signal=KILL 'pulumi-nix-*.service'");
      assert.match((await failed).message, /failed: it was cut off while it was activating\n/);
      assert.equal(await asUser("alice", activity), "active");
      assert.equal(await owner(), "alice");
      assert.equal(await asUser("alice", `systemctl --user is-enabled ${at.name}`), "enabled");
    },
  );

  inTurn("runs from a store path, protected by the user's own root", async () => {
    const at = bench();
    const text = "[Service]\nExecStart=/bin/sleep 1000\n";
    const source = await addUnitPackage(at.host, `owned${at.number}`, {
      unit: at.name,
      text,
      folder: "share/systemd/user",
    });
    await at.unit.up(sleeping("alice", { scope: "user", sections: undefined, source }));
    assert.equal(await isCollectable(at.host, source), false);
    assert.deepEqual(at.unit.warnings, []);
  });

  for (const login of ["root", "deploy"] as const) {
    inTurn(`runs as another user's when ${login} logs in`, async () => {
      const at = bench();
      const elevate = login === "root" ? "none" : "sudo";
      await at.unit.up(sleeping(login, { scope: "user", user: "alice" }, { elevate }));
      assert.equal(await owner(), "alice");
      await at.unit.destroy();
      assert.equal(await at.host.sh(`find /home/alice -name '*${at.name}*'`), "");
    });
  }

  inTurn("of a user who has no session is let run without one", async () => {
    const at = bench();
    await at.unit.up(sleeping("deploy", { scope: "user", user: "dora" }, { elevate: "sudo" }));
    assert.equal(await owner(), "dora");
    assert.equal(await at.host.sh("loginctl show-user dora -p Linger --value"), "yes");
    await at.unit.destroy();
    // trixie's loginctl fails after it has done that in a container: "Protocol driver not attached".
    await at.host.trySh("loginctl disable-linger dora");
  });

  inTurn("of a user who may not linger runs with a warning", async () => {
    const at = bench();
    await at.unit.up(sleeping("bob", { scope: "user" }));
    assert.equal(await owner(), "bob");
    assert.match(
      at.unit.warnings.join(),
      /ends when the last session of bob does; as root: loginctl enable-linger bob/,
    );
  });

  for (const [login, elevate] of [
    ["deploy", { elevate: "sudo" }],
    ["operator", { elevate: "sudo", elevatePassword: passwords.operator }],
    ["dora", { elevate: "doas" }],
  ] as const) {
    inTurn(`is the system's when ${login} logs in and becomes root by ${elevate.elevate}`, async () => {
      const at = bench();
      await at.unit.up(sleeping(login, {}, elevate));
      assert.equal(await at.host.sh(`systemctl is-active ${at.name}`), "active");
      assert.equal(await owner(), "root");
      assert.deepEqual(at.unit.changes(sleeping(login, {}, elevate)), []);
    });
  }

  inTurn("cannot be the system's when the login has no way to root", async () => {
    const at = bench();
    const failure = await rejection(at.unit.up(sleeping("alice")));
    assert.ok(failure instanceof ConnectError);
    assert.equal(failure.phase, "elevate");
  });
});
