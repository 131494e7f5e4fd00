import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { ConnectError, RefusedError } from "../../provider/errors";
import { closureCopy } from "../../provider/resources/closure-copy";
import { ProcessWatch } from "../engine/poison";
import { environment, setEnvironment, sharedFleet, type Host } from "../fleet";
import { isValidOn, rootsOn } from "./built-elsewhere";
import { Managed, untyped } from "./managed";
import { storePathOn } from "./store-path-on";

let made = 0;

describe("a closure copied from another machine", () => {
  let bookworm: Host;
  let trixie: Host;
  let managed: Managed;
  let restoreEnvironment: () => void;

  before(async () => {
    restoreEnvironment = setEnvironment(environment());
    const fleet = await sharedFleet({ bookworm: 1, trixie: 1 });
    [bookworm, trixie] = [fleet.bookworm[0], fleet.trixie[0]] as [Host, Host];
  });
  after(() => restoreEnvironment());
  beforeEach(() => {
    managed = new Managed(untyped(closureCopy), `urn::from-${process.pid}`);
  });
  afterEach(async () => {
    if (managed.state !== undefined) await managed.destroy();
    await managed.close();
  });

  /** A path that only this host has. */
  const pathOn = (host: Host, text = "text"): Promise<string> =>
    storePathOn(host, `from-m${process.pid}x${(made += 1)}`, `echo ${text} > $out`);

  /** Each login that may write to the target's store, and how it becomes root where it has to. */
  const logins = [
    { user: "root", more: {} },
    { user: "deploy", more: {} },
    { user: "operator", more: { elevate: "sudo", elevatePassword: "hunter2-operator" } },
    { user: "dora", more: { elevate: "doas" } },
  ] as const;

  for (const { user, more } of logins) {
    for (const [name, direct] of [
      ["by way of this one", false],
      ["directly", true],
    ] as const) {
      it(`arrives by ${user} ${name}, from either Nix to the other`, async () => {
        for (const [source, target] of [
          [bookworm, trixie],
          [trixie, bookworm],
        ] as const) {
          const path = await pathOn(source);
          const connection = { ...target.connection({ user }), ...more };
          const inputs = { connection, from: source.connection({ user: "alice" }), direct, path };
          await managed.ensure(inputs);
          assert.equal(await target.sh(`nix-store --verify-path ${path} && cat ${path}`), "text");
          assert.equal(existsSync(path), false);
          assert.deepEqual(await managed.drift(inputs), []);
          await managed.destroy();
        }
        const sent = managed.said.filter((line) => /; 1 sent directly$/.test(line));
        assert.equal(sent.length, direct && user !== "operator" ? 2 : 0, managed.said.join("\n"));
        const said = managed.said.filter((line) => line.includes("not sent directly"));
        // A password cannot be lent.
        assert.equal(said.length, direct && user === "operator" ? 2 : 0, said.join("\n"));
      });
    }
  }

  it("may be of this machine's too, when that one is meant", async () => {
    const path = await pathOn(trixie);
    await managed.up({ connection: { local: true }, from: trixie.connection(), path });
    assert.equal(existsSync(path), true);
  });

  it("is told in a preview by what that machine has of it", async () => {
    const path = await pathOn(bookworm);
    await managed.preview({ connection: trixie.connection(), from: bookworm.connection(), path });
    const nowhere = `/nix/store/${"0".repeat(32)}-nowhere`;
    await managed.preview({ connection: trixie.connection(), from: bookworm.connection(), path: nowhere });
    assert.match(String(managed.said[0]), /^info: would copy 1 of 1 paths, 0.0 MiB, to /);
    assert.match(
      String(managed.said[1]),
      /^info: how much would be copied to \S+ is known when nowhere is here/,
    );
  });

  it("is told in a preview to be refused, where the login may not bring what that machine has not signed", async () => {
    const path = await pathOn(bookworm);
    const inputs = { connection: trixie.connection({ user: "alice" }), from: bookworm.connection(), path };
    for (const direct of [false, true])
      assert.match(
        await managed.previewed({ ...inputs, direct }),
        /^warning: this would be refused: copying 1 path on \S+ failed: .* the login "alice", and it lacks a signature/m,
      );
    assert.equal(await isValidOn(trixie, path), false);
    await assert.rejects(managed.up(inputs), /the login "alice", and it lacks a signature/);
    const nowhere = `/nix/store/${"0".repeat(32)}-nowhere`;
    assert.doesNotMatch(await managed.previewed({ ...inputs, path: nowhere }), /refused/);
  });

  it("is no other copy when it comes another way", async () => {
    const path = await pathOn(trixie);
    const inputs = { connection: bookworm.connection(), from: trixie.connection(), path };
    await managed.up(inputs);
    assert.deepEqual(await managed.drift({ ...inputs, from: bookworm.connection(), direct: true }), []);
  });

  it("goes by way of this machine when the two do not reach each other, and says so", async () => {
    const path = await pathOn(bookworm);
    await trixie.sh(`ip route add unreachable ${bookworm.address}`);
    try {
      const connection = { ...trixie.connection(), perDialTimeout: 2 };
      await managed.up({ connection, from: bookworm.connection(), direct: true, path });
      assert.equal(await isValidOn(trixie, path), true);
      const reason = `sending ${path} to ${trixie.address} on ${bookworm.address} failed: exit code 1`;
      assert.match(
        managed.said.join("\n"),
        new RegExp(
          `^warning: not sent directly, so by way of this machine: ${reason}: nix copy[^]*timed out`,
        ),
      );
    } finally {
      await trixie.sh(`ip route del unreachable ${bookworm.address}`);
    }
  });

  it("is sent directly to nobody else who answers", async () => {
    const path = await pathOn(bookworm);
    // Whom the source reaches under this address is itself.
    const relay = await trixie.delay(0);
    await bookworm.sh(
      `/usr/sbin/sshd -p ${relay.port} -o ListenAddress=127.0.0.1 -o PidFile=/run/another.pid`,
    );
    try {
      const connection = { ...trixie.connection(), host: relay.host, port: relay.port };
      await managed.up({ connection, from: bookworm.connection(), direct: true, path });
      assert.match(managed.said.join("\n"), /not sent directly[^]*Host key verification failed/);
      assert.equal(await isValidOn(trixie, path), true);
      await managed.destroy();
    } finally {
      await bookworm.sh("kill $(cat /run/another.pid)");
      await relay.close();
    }
  });

  it("leaves no key, agent or file on the machine that sends", async () => {
    const path = await pathOn(bookworm);
    await bookworm.sh("touch /run/before");
    const needle = String(trixie.privateKey.split("\n")[2]);
    const watch = new ProcessWatch([needle]);
    await managed.up({ connection: trixie.connection(), from: bookworm.connection(), direct: true, path });
    assert.deepEqual(watch.end(), []);
    await bookworm.sh("cat >/run/needle", { input: needle });
    const left = await bookworm.sh(
      "find / /tmp /run -xdev -type f -newer /run/before ! -path /run/needle ! -path '/proc/*' -exec grep -lFaf /run/needle {} + || true; ls -d /tmp/ssh-* /tmp/tmp.* 2>/dev/null || true; pgrep -x ssh-agent || true",
    );
    assert.equal(left, "");
  });

  it("goes through our hands where they are to sign it or to look at it", async () => {
    const path = await pathOn(bookworm);
    const inputs = { connection: trixie.connection(), from: bookworm.connection(), direct: true, path };
    await assert.rejects(
      managed.up({ ...inputs, requireSignatures: true }),
      /direct: does not go with signWith or requireSignatures/,
    );
  });

  it("that the other machine does not have is an error about that machine", async () => {
    const path = `/nix/store/${"0".repeat(32)}-nowhere`;
    const copying = managed.up({ connection: trixie.connection(), from: bookworm.connection(), path });
    await assert.rejects(copying, new RegExp(`on ${bookworm.address} failed: it does not have ${path}`));
    assert.deepEqual(await rootsOn(trixie), []);
  });

  it("needs that machine to answer, and to have Nix", async () => {
    const path = await pathOn(trixie);
    const from = { ...bookworm.connection(), port: 9, dialErrorLimit: 1 };
    await assert.rejects(managed.up({ connection: trixie.connection(), from, path }), ConnectError);
    const bare = { connection: trixie.connection(), from: bookworm.connection({ user: "bob" }), path };
    await bookworm.sh("for name in nix nix-store; do mv /usr/bin/$name /usr/bin/$name.away; done");
    try {
      await assert.rejects(managed.up(bare), RefusedError);
    } finally {
      await bookworm.sh("for name in nix nix-store; do mv /usr/bin/$name.away /usr/bin/$name; done");
    }
  });
});
