import assert from "node:assert/strict";
import { connectionSchema, isLocal, type RemoteConnection } from "../../provider/connection";
import { sendDirectly } from "../../provider/copy/send-directly";
import type { Host } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import type { StorePath } from "../../provider/values";
import { sharedFleet, type Host as TestHost } from "../fleet";
import { storePathOn } from "../resources/store-path-on";

const path = `/nix/store/${"a".repeat(32)}-it` as StorePath;
const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEfD7jDgF1mR6FQm4SxEqm0WvJWqFqzLpDTtu7mFDPUy";

/** A machine that must not be asked for anything. */
const untouched = {
  name: "source",
  run: () => assert.fail("it was asked to send"),
} as unknown as Host;

function send(fields: object): Promise<string | undefined> {
  const target = connectionSchema.parse({ host: "web1", ...fields });
  assert.ok(!isLocal(target));
  return sendDirectly({
    source: { host: untouched, as: undefined },
    target: target satisfies RemoteConnection,
    paths: [path],
    onLine: () => undefined,
  });
}

describe("sending directly from one machine to another", () => {
  it("lends no password, and no key that needs one", async () => {
    const reason = "the connection to web1 has no privateKey without a password";
    assert.equal(await send({ hostKey }), reason);
    assert.equal(await send({ hostKey, password: "secret" }), reason);
    assert.equal(await send({ hostKey, privateKey: "key", privateKeyPassword: "secret" }), reason);
    assert.equal(
      await send({ hostKey, privateKey: "key", elevate: "sudo", elevatePassword: "secret" }),
      "sudo on web1 takes a password",
    );
  });

  it("is done to a machine only whose host key is known as a whole", async () => {
    const reason = "the host key of web1 is not known as a whole (hostKey, knownHosts)";
    assert.equal(await send({ privateKey: "key", hostKey: "SHA256:abc" }), reason);
    assert.equal(await send({ privateKey: "key", hostKey, verifyHostKey: false }), reason);
    assert.equal(await send({ privateKey: "key", knownHosts: "nobody else" }), reason);
    assert.equal(await send({ privateKey: "key", knownHosts: `@revoked web1 ${hostKey}\n` }), reason);
  });

  describe("to one that stalls or is slow", () => {
    let [from, to] = [] as unknown as [TestHost, TestHost];
    let hosts: Hosts;

    before(async () => {
      const fleet = await sharedFleet({ bookworm: 1, trixie: 1 });
      [from, to] = [fleet.bookworm[0], fleet.trixie[0]] as [TestHost, TestHost];
      hosts = new Hosts();
    });
    after(() => hosts.close());
    afterEach(() => to.sh("rm -f /run/stalled /usr/local/bin/nix-daemon"));

    /** What a daemon is told goes through `program` first; the copy may be still for two seconds. */
    async function sendThrough(program: string, name: string): Promise<[StorePath, string | undefined]> {
      const big = "head -c 20000000 /dev/urandom > $out";
      const path = (await storePathOn(from, `${name}-m${process.pid}`, big)) as StorePath;
      await to.sh("cat >/usr/local/bin/nix-daemon; chmod +x /usr/local/bin/nix-daemon", {
        input: `#!/bin/sh\n{ ${program} } | /usr/bin/nix-daemon "$@"\n`,
      });
      const connection = connectionSchema.parse(to.connection());
      assert.ok(!isLocal(connection));
      const source = { host: await hosts.get(connectionSchema.parse(from.connection())), as: undefined };
      const said = await sendDirectly({
        source,
        target: connection,
        paths: [path],
        onLine: () => undefined,
        idleLimit: 2,
      });
      return [path, said];
    }

    const stalls = {
      "before anything has moved": "",
      "in the middle": "head -c 300000;",
    };
    for (const [[when, first], index] of Object.entries(stalls).map((one, at) => [one, at] as const)) {
      it(`is given up ${when}, and nothing of it goes on`, async () => {
        await to.sh("touch /run/stalled");
        const held = `${first} while [ -e /run/stalled ]; do sleep 0.1; done;`;
        const [path, said] = await sendThrough(held, `stalled-${index}`);
        const expected = `sending ${path} to ${to.address} on ${from.address} failed: not done after 2 s\n`;
        assert.ok(said?.startsWith(expected), said);
        assert.match(said ?? "", /s\nnothing moved in that time$/);
        await from.until("! pgrep -f '[n]ix.* copy|[s]sh .*nix-daemon'");
      });
    }

    it("is not given up as long as something moves", async () => {
      const slow = "for i in 1 2 3 4 5 6 7 8; do dd bs=64K count=30 status=none; sleep 0.5; done; cat;";
      const [path, said] = await sendThrough(slow, "slow");
      assert.equal(said, undefined);
      await to.sh(`nix-store --verify-path ${path}`);
    });
  });
});
