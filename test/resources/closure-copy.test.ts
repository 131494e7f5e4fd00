import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closureCopy } from "../../provider/resources/closure-copy";
import { environment, output, run, sharedFleet, type Host } from "../fleet";
import { Managed, untyped } from "./managed";

describe("a ClosureCopy looks at what it has copied", function () {
  let host: Host;
  let folder: string;
  let path: string;
  let copy: Managed;
  let oldEnvironment: NodeJS.ProcessEnv;

  before(async () => {
    oldEnvironment = { ...process.env };
    Object.assign(process.env, environment());
    folder = mkdtempSync(join(tmpdir(), "pulumi-nix-closure-copy-"));
    path = await built(folder);
    [host] = (await sharedFleet({ bookworm: 1 })).hosts as [Host];
    copy = new Managed(untyped(closureCopy), "urn:closure-copy-test");
    await copy.up(inputs());
  });
  after(async () => {
    await copy.destroy();
    await copy.close();
    process.env = oldEnvironment;
    rmSync(folder, { recursive: true });
  });

  const inputs = (): object => ({ connection: host.connection(), path });
  const seen = async (): Promise<unknown> => (await copy.read())?.["path"];
  const unroot = (): Promise<string> => host.sh("rm /var/lib/pulumi-nix/roots/*closure-copy-test*/*");

  it("and finds it valid and protected", async () => {
    assert.equal(await seen(), path);
  });

  it("and tells a path that is valid but not protected", async () => {
    await unroot();
    assert.equal(await seen(), `unprotected: ${path}`);
    await copy.ensure(inputs());
    assert.equal(await seen(), path);
  });

  it("and tells a path that was collected, whether or not the root's link is still there", async () => {
    await unroot();
    await host.sh(`nix-store --delete ${path}`);
    assert.equal(await seen(), `missing: ${path}`);
    await copy.ensure(inputs());
    await host.sh(`nix-store --delete --ignore-liveness ${path}`);
    assert.equal(await seen(), `missing: ${path}`);
    await copy.ensure(inputs());
    assert.equal(await seen(), path);
  });
});

/** A path of a name that no host has seen. */
async function built(folder: string): Promise<string> {
  const name = folder.slice(-6).toLowerCase();
  const expression = `derivation { name = "copied-${name}"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo ${name} > $out" ]; }`;
  return output(
    "nix-build",
    await run(["nix-build", "-E", expression, "--out-link", join(folder, "result")]),
  );
}
