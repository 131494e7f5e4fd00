import assert from "node:assert/strict";
import type { Host } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import { generateKeys } from "../../provider/nix/signing-keys";
import { storeTrust, type StoreTrust } from "../../provider/nix/store-trust";
import { sharedFleet, type Host as TestHost, type Suite, type User } from "../fleet";
import { connectionTo } from "../host/fixtures/connect";
import { configureNix } from "./nix-conf";

for (const suite of ["bookworm", "trixie"] satisfies Suite[]) {
  describe(`what the store of ${suite} asks`, () => {
    const { publicKey } = generateKeys("trusted-1");
    let machine: TestHost;
    let hosts: Hosts;

    before(async () => {
      machine = (await sharedFleet({ [suite]: 1 }))[suite][0] as TestHost;
    });
    beforeEach(() => {
      hosts = new Hosts();
    });
    afterEach(async () => {
      await hosts.close();
      await machine.sh("rm -rf /home/alice/.config/nix");
      await configureNix(machine);
    });
    const configure = (lines: string): Promise<void> => configureNix(machine, lines);
    const hostOf = (user: User): Promise<Host> => hosts.get(connectionTo(machine, user));
    const ask = async (user: User): Promise<StoreTrust> => storeTrust(await hostOf(user), undefined);

    it("of root, who needs no daemon, is nothing", async () => {
      assert.equal((await ask("root")).isTrusted, true);
    });

    it("of a login is said with what its machine's settings are", async () => {
      await configure(`extra-trusted-public-keys = ${publicKey}`);
      const trust = await ask("alice");
      assert.deepEqual(
        [trust.isTrusted, trust.requiresSignatures, trust.knowsAllKeys, trust.trustedUsers],
        [false, true, true, "root deploy"],
      );
      assert.deepEqual(trust.publicKeys.map(({ name }) => name).sort(), ["cache.nixos.org-1", "trusted-1"]);
    });

    it("is what the daemon says, by name, by group and for everyone", async () => {
      for (const users of ["alice", "@nix-users", "@alice", "*"]) {
        await configure(`extra-trusted-users = ${users}`);
        await hosts.close();
        hosts = new Hosts();
        const trust = await ask("alice");
        assert.deepEqual([users, trust.isTrusted, trust.trustedUsers], [users, true, `root deploy ${users}`]);
      }
      await configure("extra-trusted-users = @sudo bob");
      await hosts.close();
      hosts = new Hosts();
      assert.equal((await ask("alice")).isTrusted, false);
    });

    it("is not what the login's own settings say", async () => {
      const own = `trusted-users = alice\ntrusted-public-keys = ${publicKey}\nrequire-sigs = false\n`;
      await machine.sh("mkdir -p ~/.config/nix; cat >~/.config/nix/nix.conf", { user: "alice", input: own });
      const trust = await ask("alice");
      assert.deepEqual(
        [trust.isTrusted, trust.requiresSignatures, trust.trustedUsers],
        [false, true, "root deploy"],
      );
      assert.deepEqual(
        trust.publicKeys.map(({ name }) => name),
        ["cache.nixos.org-1"],
      );
    });

    it("of a store of the login's own is nothing", async () => {
      await machine.sh("mkdir -p ~/.config/nix; echo 'store = /home/alice/own' >~/.config/nix/nix.conf", {
        user: "alice",
      });
      assert.equal((await ask("alice")).isTrusted, true);
      await machine.sh("chmod -R u+w /home/alice/own; rm -r /home/alice/own");
    });

    it("is nothing where no signatures are required, and not known where a part of it cannot be read", async () => {
      await configure("require-sigs = false");
      assert.equal((await ask("alice")).requiresSignatures, false);
      await configure("secret-key-files = /root/key");
      await hosts.close();
      hosts = new Hosts();
      assert.equal((await ask("alice")).knowsAllKeys, false);
      await hosts.close();
      hosts = new Hosts();
      await machine.sh("chmod 600 /etc/nix/nix.conf");
      const unread = await ask("alice");
      assert.deepEqual([unread.isTrusted, unread.knowsAllKeys], [false, false]);
      await machine.sh("chmod 644 /etc/nix/nix.conf");
    });

    it("leaves nothing behind", async () => {
      const host = await hostOf("alice");
      await machine.sh("touch /run/before-asking");
      await storeTrust(host, undefined);
      const made =
        "find /nix /home /tmp /var /etc -xdev -newer /run/before-asking ! -path '/var/log/*' ! -path '/nix/var/nix/db/*'";
      assert.equal(await machine.sh(`${made} ! -type d`), "");
      assert.equal((await machine.trySh("pgrep -u alice -f nix")).stdout, "");
    });

    it("is asked once", async () => {
      const host = await hostOf("alice");
      const [one, two] = await Promise.all([storeTrust(host, undefined), storeTrust(host, undefined)]);
      assert.equal(one, two);
      assert.equal(one, await storeTrust(host, "alice"));
    });
  });
}
