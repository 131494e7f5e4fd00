import assert from "node:assert/strict";
import { profileActivation } from "../../provider/resources/profile-activation";
import { bring, buildSystem, forgetNixos, markAsNixos } from "../examples/nixos-system";
import { sharedFleet, type Host } from "../fleet";
import { Managed, untyped } from "./managed";
import { entryPoint, storePathOn } from "./store-path-on";

const link = "/nix/var/nix/profiles/system";

describe("a NixOS system", function () {
  let host: Host;
  let managed: Managed;
  let one: string;
  let two: string;
  let lame: string;

  before(async () => {
    host = (await sharedFleet({ bookworm: 1 })).bookworm[0] as Host;
    [one, two] = [await buildSystem("act-1", {}), await buildSystem("act-2", {})];
    lame = await buildSystem("act-lame", { "act-lame": { command: "false" } });
    for (const path of [one, two, lame]) await bring(host, path);
    await markAsNixos(host);
  });
  after(() => forgetNixos(host));
  beforeEach(() => {
    managed = new Managed(untyped(profileActivation), "urn:nixos");
  });
  afterEach(async () => {
    await managed.close();
    await host.sh("rm -rf /var/lib/pulumi-nix/profiles");
  });

  const inputs = (path: string, action: string): object => ({
    connection: host.connection(),
    profile: "system",
    path,
    kind: "nixos",
    action,
  });
  const running = (): Promise<string> => host.sh("readlink /run/current-system");
  const boots = (): Promise<string> => host.sh("readlink /boot/nixos/default");
  const target = (): Promise<string> => host.sh(`readlink -f ${link}`);

  it("is switched to: profile, boot default and what runs", async () => {
    const state = await managed.up(inputs(one, "switch"));
    assert.equal(state["activePath"], one);
    assert.deepEqual([await running(), await boots(), await target()], [one, one, one]);
    assert.deepEqual(await managed.drift(inputs(one, "switch")), []);
  });

  it("is booted into the next time, with what runs left alone", async () => {
    const state = await managed.up(inputs(two, "boot"));
    assert.equal(state["activePath"], two);
    assert.deepEqual([await running(), await boots(), await target()], [one, two, two]);
    assert.deepEqual(await managed.drift(inputs(two, "boot")), []);
    await managed.ensure(inputs(one, "boot"));
  });

  it("is tried without profile and boot default", async () => {
    const state = await managed.up(inputs(two, "test"));
    assert.equal(state["activePath"], two);
    assert.deepEqual([await running(), await boots(), await target()], [two, one, one]);
    assert.deepEqual(await managed.drift(inputs(two, "test")), []);
    await host.sh(`${one}/bin/switch-to-configuration test`);
    assert.deepEqual(await managed.drift(inputs(two, "test")), ["path"]);
  });

  it("is asked what it would do, and nothing changes", async () => {
    await managed.up(inputs(two, "dry-activate"));
    assert.deepEqual([await running(), await boots(), await target()], [one, one, one]);
    assert.deepEqual(await managed.drift(inputs(two, "dry-activate")), []);
  });

  it("that runs another than it boots is told of, however often it is read", async () => {
    await managed.up(inputs(one, "switch"));
    await host.sh(`${two}/bin/switch-to-configuration test`);
    for (const _ of [1, 2, 3]) {
      managed.state = await managed.read();
      assert.equal(managed.state?.["path"], `only running: ${two}`);
    }
    await managed.up(inputs(one, "switch"));
    assert.equal(await running(), one);
  });

  it("goes back to what it was before us", async () => {
    await managed.up({ ...inputs(two, "switch"), onDestroy: "rollback" });
    await managed.destroy();
    assert.deepEqual([await running(), await boots(), await target()], [one, one, one]);
  });

  for (const action of ["switch", "test"])
    it(`of which a unit fails goes back, unless that is accepted, with ${action}`, async () => {
      await managed.ensure(inputs(one, "switch"));
      const wanted = inputs(lame, action);
      await assert.rejects(managed.up(wanted), /bin\/switch-to-configuration ended with exit code 4\n/);
      assert.deepEqual([await running(), await boots(), await target()], [one, one, one]);
      const state = await managed.ensure({ ...wanted, acceptFailedUnits: true });
      assert.equal(state["activePath"], lame);
      const stays = action === "switch" ? lame : one;
      assert.deepEqual([await running(), await boots(), await target()], [lame, stays, stays]);
      assert.equal(await host.sh("systemctl is-failed act-lame.service"), "failed");
    });
});

describe("a home-manager generation", () => {
  it("is activated by its own program", async () => {
    const host = (await sharedFleet({ trixie: 1 })).trixie[0] as Host;
    const managed = new Managed(untyped(profileActivation), "urn:home");
    const fill =
      "echo '#!/bin/sh' > $out/activate; echo 'echo $USER in $HOME > ~/activated' >> $out/activate; chmod +x $out/activate";
    const path = await storePathOn(host, "home-manager-generation", `mkdir $out; ${fill}`);
    const wanted = {
      connection: host.connection({ user: "alice" }),
      profile: "home-test",
      path,
      kind: "home-manager",
    };
    const state = await managed.up({ ...wanted, onDestroy: "remove" });
    assert.equal(state["activePath"], path);
    assert.equal(await host.sh("cat /home/alice/activated"), "alice in /home/alice");
    await managed.destroy();
    await managed.close();
    assert.equal(
      await host.sh("ls -d /home/alice/.local/state/nix/profiles/home-test* 2>/dev/null || echo none"),
      "none",
    );
  });
});

describe("what stood in a profile before us", () => {
  it("comes back also when it has no entry point, and after a creation that was interrupted", async () => {
    const host = (await sharedFleet({ trixie: 1 })).trixie[0] as Host;
    const profile = "/nix/var/nix/profiles/before-us";
    const before = await storePathOn(host, "by-hand", "echo by hand > $out");
    const ours = await storePathOn(host, "ours", entryPoint("true"));
    await host.sh(`nix-env --profile ${profile} --set ${before}`);
    const wanted = {
      connection: host.connection(),
      profile,
      path: ours,
      onDestroy: "rollback",
      keepGenerations: 1,
    };
    for (const _ of ["interrupted", "again"]) {
      const managed = new Managed(untyped(profileActivation), "urn:before-us");
      const state = await managed.ensure(wanted);
      assert.equal(state["originalPath"], before);
      await host.sh("nix-collect-garbage");
      if (_ === "again") await managed.destroy();
      await managed.close();
    }
    assert.equal(await host.sh(`readlink -f ${profile}`), before);
    await host.sh(`rm ${profile}*`);
  });
});
