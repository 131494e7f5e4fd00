import assert from "node:assert/strict";
import { checkInputs } from "../../provider/check";
import { readDerivation } from "../../provider/nix/derivation";
import { closureCopy } from "../../provider/resources/closure-copy";
import { nixBuild } from "../../provider/resources/nix-build";
import type { StorePath } from "../../provider/values";
import { environment, setEnvironment, run, sharedFleet, type Host } from "../fleet";
import { Managed, untyped } from "./managed";

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
  const path = async (): Promise<string> => {
    made += 1;
    const name = `copied-${process.pid}-${made}`;
    const expression = `derivation { name = "${name}"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo ${name} > $out" ]; }`;
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
});
