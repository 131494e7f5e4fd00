import assert from "node:assert/strict";
import { ConnectError } from "../../provider/errors";
import { type Host, passwords, sharedFleet, type Suite, type User } from "../fleet";
import { rejection } from "./fixtures/failure";
import { ManagedUnit } from "./fixtures/managed-unit";
import { addUnitPackage, isCollectable } from "./fixtures/unit-package";

let made = 0;

for (const suite of ["bookworm", "trixie"] satisfies Suite[]) {
  describe(`a unit and whose it is, on ${suite},`, function () {
    let host: Host;
    let unit: ManagedUnit;
    let name: string;

    before(async () => {
      host = (await sharedFleet({ [suite]: 1 }))[suite][0] as Host;
    });

    beforeEach(() => {
      made += 1;
      unit = new ManagedUnit(`urn:owned-${made}`);
      name = `owned${made}.service`;
    });

    afterEach(async () => {
      await unit.destroy();
      await unit.close();
    });

    const sleeping = (login: User, more: object = {}, connection: object = {}) => ({
      connection: { ...host.connection({ user: login }), ...connection },
      name,
      sections: {
        Service: { ExecStart: `/bin/sleep ${20_000 + made}` },
        Install: { WantedBy: "default.target" },
      },
      settle: 0.2,
      ...more,
    });
    const owner = () => host.sh(`ps -o user= -p $(pgrep -xf "/bin/sleep ${20_000 + made}")`);
    const asUser = (user: string, command: string) =>
      host.sh(
        `setpriv --reuid ${user} --regid ${user} --init-groups --reset-env env XDG_RUNTIME_DIR=/run/user/$(id -u ${user}) ${command}`,
      );

    it("runs as the login user's own, without any way to root", async () => {
      const state = await unit.up(sleeping("alice", { scope: "user" }));
      assert.equal(await owner(), "alice");
      assert.equal(state.fragmentPath, `/home/alice/.config/systemd/user/${name}`);
      assert.equal(await asUser("alice", `systemctl --user is-enabled ${name}`), "enabled");
      assert.deepEqual(unit.changes(sleeping("alice", { scope: "user" })), []);
      assert.deepEqual(await unit.refresh(), state);
      await asUser("alice", `systemctl --user disable --now ${name} 2>&1`);
      const seen = await unit.refresh();
      assert.deepEqual([seen?.state, seen?.enabled], ["stopped", false]);
      await unit.up(sleeping("alice", { scope: "user" }));
      assert.deepEqual(unit.warnings, []);
      await unit.destroy();
      assert.equal(await host.sh(`find /home/alice -name '*${name}*'`), "");
    });

    it("that exits is a failure with the user's journal", async () => {
      const sections = { Service: { ExecStart: "/bin/sh -c 'echo no such thing; exit 4'" } };
      const failure = await rejection(unit.up(sleeping("alice", { scope: "user", sections })));
      assert.match(failure.message, /no such thing/);
    });

    it("runs from a store path, protected by the user's own root", async () => {
      const text = "[Service]\nExecStart=/bin/sleep 1000\n";
      const source = await addUnitPackage(host, `owned${made}`, {
        unit: name,
        text,
        folder: "share/systemd/user",
      });
      await unit.up(sleeping("alice", { scope: "user", sections: undefined, source }));
      assert.equal(await isCollectable(host, source), false);
      assert.deepEqual(unit.warnings, []);
    });

    for (const login of ["root", "deploy"] as const) {
      it(`runs as another user's when ${login} logs in`, async () => {
        const elevate = login === "root" ? "none" : "sudo";
        await unit.up(sleeping(login, { scope: "user", user: "alice" }, { elevate }));
        assert.equal(await owner(), "alice");
        await unit.destroy();
        assert.equal(await host.sh(`find /home/alice -name '*${name}*'`), "");
      });
    }

    it("of a user who has no session is let run without one", async () => {
      await unit.up(sleeping("deploy", { scope: "user", user: "dora" }, { elevate: "sudo" }));
      assert.equal(await owner(), "dora");
      assert.equal(await host.sh("loginctl show-user dora -p Linger --value"), "yes");
      await unit.destroy();
      // trixie's loginctl fails after it has done that in a container: "Protocol driver not attached".
      await host.trySh("loginctl disable-linger dora");
    });

    it("of a user who may not linger runs with a warning", async () => {
      await unit.up(sleeping("bob", { scope: "user" }));
      assert.equal(await owner(), "bob");
      assert.match(
        unit.warnings.join(),
        /ends when the last session of bob does; as root: loginctl enable-linger bob/,
      );
    });

    for (const [login, elevate] of [
      ["deploy", { elevate: "sudo" }],
      ["operator", { elevate: "sudo", elevatePassword: passwords.operator }],
      ["dora", { elevate: "doas" }],
    ] as const) {
      it(`is the system's when ${login} logs in and becomes root by ${elevate.elevate}`, async () => {
        await unit.up(sleeping(login, {}, elevate));
        assert.equal(await host.sh(`systemctl is-active ${name}`), "active");
        assert.equal(await owner(), "root");
        assert.deepEqual(unit.changes(sleeping(login, {}, elevate)), []);
      });
    }

    it("cannot be the system's when the login has no way to root", async () => {
      const failure = await rejection(unit.up(sleeping("alice")));
      assert.ok(failure instanceof ConnectError);
      assert.equal(failure.phase, "elevate");
    });
  });
}
