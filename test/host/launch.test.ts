import assert from "node:assert/strict";
import { ConnectError } from "../../provider/errors";
import { Hosts } from "../../provider/host/pool";
import { passwords, sharedFleet } from "../fleet";
import type { Host as TestHost, User } from "../fleet";
import { connectionTo, gone, runs, until } from "./fixtures/connect";

const doing = "testing";
const whoAmI = ["sh", "-c", 'echo "$(id -un) $HOME $USER $LOGNAME"'];

const ways: { user: User; more: object; name: string }[] = [
  { name: "root", user: "root", more: {} },
  { name: "sudo", user: "deploy", more: { elevate: "sudo" } },
  {
    name: "sudo with a password",
    user: "operator",
    more: { elevate: "sudo", elevatePassword: passwords.operator },
  },
  { name: "doas", user: "dora", more: { elevate: "doas" } },
];

describe("a command as another user", () => {
  let bookworm: TestHost;
  let trixie: TestHost;
  let hosts: Hosts;

  before(async () => {
    const fleet = await sharedFleet({ bookworm: 1, trixie: 1 });
    [bookworm, trixie] = [...fleet.bookworm, ...fleet.trixie] as [TestHost, TestHost];
  });

  beforeEach(() => {
    hosts = new Hosts();
  });

  afterEach(() => hosts.close());

  for (const { name, user, more } of ways) {
    it(`runs by ${name} with that user's own environment and just its own input`, async () => {
      for (const target of [bookworm, trixie]) {
        const host = await hosts.get(connectionTo(target, user, more));
        const root = await host.run(whoAmI, { doing, as: "root" });
        assert.equal(root.stdout, "root /root root root\n", target.name);
        const alice = await host.run(whoAmI, { doing, as: "alice" });
        assert.equal(alice.stdout, "alice /home/alice alice alice\n", target.name);
        const { stdout, stderr } = await host.run(["cat"], { doing, as: "alice", input: "just this\n" });
        assert.deepEqual([stdout, stderr], ["just this\n", ""], target.name);
      }
    });

    it(`is gone after kill() when it runs by ${name}`, async () => {
      for (const target of [bookworm, trixie]) {
        const host = await hosts.get(connectionTo(target, user, more));
        const sleeping = await host.open(["sh", "-c", "sleep 98711; true"], { doing, as: "root" });
        sleeping.stdin.end();
        await until(() => runs(target, "sleep 98711"));
        sleeping.kill();
        await sleeping.exited;
        await gone(target, "sleep 98711");
      }
    });
  }

  it("has all groups of that user, and its systemd's folder", async () => {
    const host = await hosts.get(connectionTo(bookworm));
    const { stdout } = await host.run(["sh", "-c", 'id -Gn; echo "$XDG_RUNTIME_DIR"; pwd'], {
      doing,
      as: "alice",
    });
    assert.equal(stdout, "alice nix-users\n/run/user/2003\n/home/alice\n");
  });

  it("does not read the password as input where sudo asks for none", async () => {
    const more = { elevate: "sudo", elevatePassword: "poison-7f3a" };
    const host = await hosts.get(connectionTo(bookworm, "deploy", more));
    const { stdout } = await host.run(["cat"], { doing, as: "root", input: "input" });
    assert.equal(stdout, "input");
    assert.equal((await host.run(["cat"], { doing, as: "root" })).stdout, "");
  });

  it("is not run when sudo refuses the password, which is shown nowhere", async () => {
    const poison = "poison-1c9e";
    const host = await hosts.get(
      connectionTo(bookworm, "operator", { elevate: "sudo", elevatePassword: poison }),
    );
    const failed = await host
      .run(["touch", "/root/was-run"], { doing, as: "root", input: "y\ny\n" })
      .catch((error: unknown) => error);
    assert.ok(failed instanceof ConnectError);
    assert.equal(failed.phase, "elevate");
    assert.match(failed.message, /^testing on operator@.* failed: sudo refused the password of "operator"\n/);
    assert.match(failed.message, /hint: check elevatePassword/);
    assert.ok(!`${failed.stack} ${JSON.stringify(failed)}`.includes(poison));
    assert.equal((await bookworm.trySh("test -e /root/was-run")).code, 1);
    const journal = await bookworm.sh("journalctl --sync; journalctl -q -o cat");
    assert.match(journal, /authentication failure/);
    assert.ok(!journal.includes(poison));
    await until(async () => (await bookworm.trySh("pgrep -x sudo")).code === 1);
  });

  it("uses the other password that it was given when sudo refuses the newest", async () => {
    const connection = (elevatePassword: string) =>
      connectionTo(bookworm, "operator", { elevate: "sudo", elevatePassword });
    hosts.remember(connection(passwords.operator));
    const host = await hosts.get(connection("rotated away"));
    assert.equal((await host.run(["cat"], { doing, as: "root", input: "input" })).stdout, "input");
  });

  it("says what sudo says when it does not let the user do it", async () => {
    const host = await hosts.get(connectionTo(bookworm, "alice", { elevate: "sudo" }));
    await assert.rejects(host.run(["true"], { doing, as: "root" }), (error) => {
      assert.ok(error instanceof ConnectError);
      assert.match(
        error.message,
        /"alice" could not become "root"\nsudo: a password is required\nhint: .*NOPASSWD/,
      );
      return error.phase === "elevate";
    });
  });

  it("is refused without a word to the machine where no way was given", async () => {
    const host = await hosts.get(connectionTo(bookworm, "alice"));
    assert.equal(host.canElevate, false);
    await assert.rejects(host.run(["true"], { doing, as: "root" }), (error) => {
      assert.ok(error instanceof ConnectError);
      assert.match(error.message, /this runs as "root", but the login is "alice"\nhint: .*elevate: "sudo"/);
      return error.phase === "elevate";
    });
  });

  it("is refused for a user who does not exist", async () => {
    const host = await hosts.get(connectionTo(bookworm));
    await assert.rejects(
      host.run(["true"], { doing, as: "nobody-here" }),
      /could not become "nobody-here"\nid: /,
    );
  });
});

describe("a command of a user whose login shell runs none", () => {
  it("is refused with the shell's own words", async () => {
    const [target] = (await sharedFleet({ bookworm: 1 })).bookworm as [TestHost];
    const hosts = new Hosts();
    try {
      await target.sh("usermod -s /usr/sbin/nologin dora");
      const host = await hosts.get(connectionTo(target, "dora"));
      await assert.rejects(host.run(["true"], { doing }), (error) => {
        assert.ok(error instanceof ConnectError);
        assert.match(
          error.message,
          /the login shell ended before it ran the command\nThis account is currently not/,
        );
        return error.phase === "login";
      });
    } finally {
      await hosts.close();
      await target.sh("usermod -s /bin/bash dora");
    }
  });
});
