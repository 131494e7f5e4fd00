import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { checkInputs } from "../../provider/check";
import { readDerivation } from "../../provider/nix/derivation";
import { closureCopy } from "../../provider/resources/closure-copy";
import { nixBuild } from "../../provider/resources/nix-build";
import type { StorePath } from "../../provider/values";
import { bring } from "../examples/nixos-system";
import { environment, setEnvironment, run, sharedFleet, type Host } from "../fleet";
import { Managed, untyped } from "./managed";
import { storePathOn } from "./store-path-on";

let made = 0;

describe("a copied closure", () => {
  let host: Host;
  let managed: Managed;
  let restoreEnvironment: () => void;

  before(async () => {
    restoreEnvironment = setEnvironment(environment());
    host = (await sharedFleet({ trixie: 1 })).trixie[0] as Host;
  });
  after(() => restoreEnvironment());
  beforeEach(() => {
    managed = new Managed(untyped(closureCopy), `urn::copy-${made}`);
  });
  afterEach(() => managed.close());

  /** A path in this machine's store that no host has. */
  const path = (): Promise<string> => builtHere("echo made");

  /** Of a command that fills `$out`; what stands in its text as `${below}` is a path that it refers to. */
  const builtHere = async (command: string): Promise<string> => {
    made += 1;
    const name = `copied-${process.pid}-${made}`;
    const expression = `let
      make = name: command: derivation {
        inherit name; system = builtins.currentSystem; PATH = "/usr/bin:/bin"; builder = "/bin/sh"; args = [ "-ec" command ];
      };
      below = make "below-${name}" "echo below ${name} > $out";
    in make "${name}" "exec > $out; echo ${name}; ${command}"`;
    const nix = ["env", `NIX_CONFIG=${environment()["NIX_CONFIG"] ?? ""}`];
    const { stdout } = await run([...nix, "nix-build", "--no-out-link", "-E", expression]);
    return stdout.trim();
  };

  it("that the machine collected shows as missing, and comes again", async () => {
    const inputs = { connection: host.connection(), path: await path() };
    await managed.up(inputs);
    assert.deepEqual(await managed.drift(inputs), []);
    await host.sh("rm -r /var/lib/pulumi-nix/roots/copy-*");
    assert.equal((await managed.read())?.["path"], `unprotected: ${inputs.path}`);
    await host.sh("nix-collect-garbage");
    managed.state = await managed.read();
    assert.equal(managed.state?.["path"], `missing: ${inputs.path}`);
    assert.equal((await managed.read())?.["path"], `missing: ${inputs.path}`);
    await managed.up(inputs);
    assert.deepEqual(await managed.drift(inputs), []);
    await managed.destroy();
  });

  it("may be of several paths, of which each is looked after", async () => {
    const paths = [await path(), await path()];
    const inputs = { connection: host.connection(), paths };
    await managed.up(inputs);
    await host.sh(`rm /var/lib/pulumi-nix/roots/copy-*/${paths[1]?.slice("/nix/store/".length)}`);
    assert.deepEqual((await managed.read())?.["paths"], [paths[0], `unprotected: ${paths[1]}`]);
    // One path less: its root goes.
    await managed.up({ connection: host.connection(), path: paths[0] });
    assert.equal(await host.sh("ls /var/lib/pulumi-nix/roots/copy-*"), paths[0]?.slice("/nix/store/".length));
    await managed.destroy();
    assert.match(
      managed.said.join("\n"),
      /our root on .* is gone; the store itself is its garbage collector's/,
    );
    assert.equal((await host.trySh("ls /var/lib/pulumi-nix/roots/copy-*")).code, 2);
  });

  it("to this very machine is only protected", async () => {
    const inputs = { connection: { local: true }, path: await path() };
    await managed.up(inputs);
    assert.deepEqual(await managed.drift(inputs), []);
    await managed.destroy();
  });

  it("of a build that is not in this machine's store any more is built again as that build asked for", async () => {
    const name = `again-${process.pid}`;
    const build = untyped(nixBuild);
    // The build succeeds only if the option reaches it.
    const expression = `derivation { name = "${name}"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "test $NIX_BUILD_CORES = 7 && echo ${name} > $out" ]; }`;
    const env = ["env", `NIX_CONFIG=${environment()["NIX_CONFIG"] ?? ""}`];
    const drvPath = (await run([...env, "nix-instantiate", "-E", expression])).stdout.trim().split("!")[0];
    const { outputs } = readDerivation(drvPath as StorePath);
    for (const more of [{ nixOptions: { cores: "7" } }, { extraArgs: ["--cores", "7"] }]) {
      checkInputs(build, { drvPath, outPath: outputs["out"], outputs, ...more });
      const inputs = { connection: host.connection(), path: outputs["out"] };
      await managed.ensure(inputs);
      await managed.destroy();
      const deletion = await run([...env, "nix-store", "--delete", String(outputs["out"])]);
      assert.equal(deletion.code, 0, deletion.stderr);
      await host.sh("nix-collect-garbage");
    }
  });

  it("by a login that becomes root is root's", async () => {
    const connection = { ...host.connection({ user: "dora" }), elevate: "doas" };
    const inputs = { connection, path: await path() };
    await managed.up(inputs);
    assert.match(await host.sh("ls -l /var/lib/pulumi-nix/roots/copy-*"), /root root/);
    await managed.destroy();
  });

  describe("for which there is no room", () => {
    let big: string;
    let unused: string[];

    before(async () => {
      big = await builtHere("echo ${below}; head -c 4194304 /dev/urandom");
      await host.sh("nix-store --gc");
      await bring(host, readFileSync(big).subarray(0, 400).toString().split("\n")[1] ?? "");
      unused = [];
      for (let count = 0; count < 4; count++)
        unused.push(await storePathOn(host, `unused-${count}`, "head -c 2097152 /dev/urandom >$out"));
    });
    beforeEach(() => host.fillDisk("nix", 1024));
    afterEach(() => host.freeDisk("nix"));

    const isThere = async (one: string): Promise<boolean> =>
      (await host.trySh(`nix-store --check-validity ${one}`)).code === 0;
    const free = (): Promise<string> => host.sh("df -k --output=avail /nix | tail -n 1");

    it("fails before the first byte", async () => {
      const before = await free();
      const inputs = { connection: host.connection(), path: big };
      await assert.rejects(
        managed.up(inputs),
        /copying 1 path on \S+ failed: there is no room: 4\.0 MiB are needed, and 1\.0 MiB are free where the store is\nhint: /,
      );
      assert.equal(await host.sh(`ls -d ${big}* 2>/dev/null || true`), "");
      assert.equal(await free(), before);
      assert.equal(
        managed.statuses.some((text) => text.startsWith("copying")),
        false,
      );
    });

    it("is tried all the same without the look, and then the disk says so", async () => {
      const inputs = { connection: host.connection(), path: big, freeSpace: false };
      await assert.rejects(managed.up(inputs), /No space left on device(.*\n)*hint: it has filled meanwhile/);
      assert.equal(await isThere(big), false);
    });

    it("arrives when as much as it needs was collected, and what it needs is none of that", async () => {
      // Part of it is there already, and nothing leads to that but the copy that goes on.
      const below = await host.sh("ls -d /nix/store/*-below-*");
      assert.equal(await isThere(below), true, below);
      const inputs = { connection: host.connection(), path: big, collectGarbage: true, freeSpace: "1M" };
      await managed.up(inputs);
      assert.equal(await isThere(big), true);
      assert.ok(Number(await free()) >= 1024, await free());
      const left = (await Promise.all(unused.map(isThere))).filter((one) => one).length;
      assert.ok(left >= 1 && left < 4, String(left));
      assert.deepEqual(await managed.drift(inputs), []);
      await managed.destroy();
    });
  });
});
