import assert from "node:assert/strict";
import { profileActivation } from "../../provider/resources/profile-activation";
import { bring, buildSystem, forgetNixos, markAsNixos } from "../examples/nixos-system";
import { sharedFleet, type Host } from "../fleet";
import { Managed, untyped } from "../resources/managed";
import { entryPoint, storePathOn } from "../resources/store-path-on";

describe("what somebody else has activated", function () {
  let host: Host;
  let managed: Managed;

  before(async () => {
    host = (await sharedFleet({ trixie: 1 })).trixie[0] as Host;
  });
  beforeEach(() => {
    managed = new Managed(untyped(profileActivation), "urn:adopted");
  });
  afterEach(async () => {
    await managed.close();
    await host.sh("rm -rf /var/lib/pulumi-nix/profiles /nix/var/nix/profiles/adopted* /tmp/adopted");
  });

  const link = "/nix/var/nix/profiles/adopted";
  const wanted = (path: string, more: object = {}): object => ({
    connection: host.connection(),
    profile: "adopted",
    path,
    ...more,
  });
  const good = (version: string): Promise<string> =>
    storePathOn(host, `adopted-${version}`, entryPoint(`echo ${version} >> /tmp/adopted`));
  const ran = (): Promise<string> => host.sh("cat /tmp/adopted 2>/dev/null || true");
  const taken =
    /^info: (\S+) was active on \S+ already: \S+ was taken over as it is(; bin\/pulumi-nix-activate was not run)?$/m;

  it("is taken over without running anything, and then is as if it were ours", async () => {
    const [one, two] = [await good("1"), await good("2")];
    await host.sh(`nix-env --profile ${link} --set ${one}`);
    const state = await managed.up(wanted(one, { onDestroy: "rollback" }));
    assert.equal(await ran(), "");
    assert.deepEqual(
      [state["adopted"], state["activePath"], state["originalPath"], state["previousPath"]],
      [true, one, one, one],
    );
    assert.equal(taken.exec(managed.said.join("\n"))?.[2], "; bin/pulumi-nix-activate was not run");
    assert.deepEqual(await managed.drift(wanted(one)), []);
    const next = await managed.up(wanted(two, { onDestroy: "rollback" }));
    assert.deepEqual([next["adopted"], next["previousPath"], next["originalPath"]], [false, one, one]);
    await managed.destroy();
    assert.equal(await host.sh(`readlink -f ${link}`), one);
  });

  it("is told once, and goes on to be told in the state", async () => {
    const one = await good("1");
    await host.sh(`nix-env --profile ${link} --set ${one}`);
    await managed.ensure(wanted(one));
    const state = await managed.ensure(wanted(one));
    assert.equal(state["adopted"], true);
    assert.equal(managed.said.filter((line) => taken.test(line)).length, 1);
  });

  it("is activated all the same when a trigger asks for it", async () => {
    const one = await good("1");
    await host.sh(`nix-env --profile ${link} --set ${one}`);
    await managed.ensure(wanted(one, { triggers: [1] }));
    assert.equal(await ran(), "");
    await managed.ensure(wanted(one, { triggers: [2] }));
    assert.equal(await ran(), "1");
  });

  it("is not what the profile leads to when an activation of ours did not come to its end", async () => {
    const one = await good("1");
    await host.sh(`nix-env --profile ${link} --set ${one}`);
    await managed.ensure(wanted(await good("2")));
    // As a machine that was lost in the middle of it, and whose profile was led back by hand.
    await host.sh(
      `ln -sfn ${one} ${link}; rm /var/lib/pulumi-nix/profiles/adopted-*/active /var/lib/pulumi-nix/profiles/adopted-*/owner`,
    );
    const state = await managed.ensure(wanted(one));
    assert.equal(await ran(), "2\n1");
    assert.equal(state["adopted"], false);
  });

  it("is not taken over when the profile leads elsewhere", async () => {
    const [one, two] = [await good("1"), await good("2")];
    await host.sh(`nix-env --profile ${link} --set ${one}`);
    const state = await managed.ensure(wanted(two));
    assert.deepEqual([await ran(), state["adopted"]], ["2", false]);
  });

  describe("of a NixOS", () => {
    let one: string;
    let two: string;
    before(async () => {
      [one, two] = [await buildSystem("adopt-1", {}), await buildSystem("adopt-2", {})];
      for (const path of [one, two]) await bring(host, path);
      await markAsNixos(host);
    });
    afterEach(() => host.sh("rm -rf /boot/loader /nix/var/nix/profiles/system*"));
    after(() => forgetNixos(host));

    const byHand = async (path: string): Promise<void> => {
      await host.sh(`nix-env --profile /nix/var/nix/profiles/system --set ${path}`);
      await host.sh(`${path}/bin/switch-to-configuration switch`);
    };
    const system = (path: string, more: object = {}): object =>
      wanted(path, { profile: "system", kind: "nixos", ...more });
    const entered = async (): Promise<number> =>
      Number(
        await host.sh(
          "journalctl --sync; journalctl -q -t nixos -o cat | grep -c 'switching to system' || true",
        ),
      );

    it("is taken over when it runs, is the profile and is what boots next", async () => {
      await byHand(one);
      await host.sh(`mkdir -p /boot/loader/entries
        echo 'default nixos-generation-1.conf' > /boot/loader/loader.conf
        echo 'options init=${one}/init quiet' > /boot/loader/entries/nixos-generation-1.conf`);
      const before = await entered();
      const state = await managed.up(system(one));
      assert.equal(state["adopted"], true);
      assert.equal(await entered(), before);
      assert.deepEqual(await managed.drift(system(one)), []);
    });

    it("is switched to again when the machine would boot another one", async () => {
      await byHand(one);
      await host.sh(`mkdir -p /boot/loader/entries
        echo 'default nixos-generation-2.conf' > /boot/loader/loader.conf
        echo 'options init=${two}/init quiet' > /boot/loader/entries/nixos-generation-2.conf`);
      const before = await entered();
      const state = await managed.up(system(one));
      assert.equal(state["adopted"], false);
      assert.ok((await entered()) > before);
    });

    it("is switched to again when it only runs", async () => {
      await byHand(two);
      await host.sh(`${one}/bin/switch-to-configuration test`);
      const state = await managed.up(system(one));
      assert.equal(state["adopted"], false);
      assert.equal(await host.sh("readlink -f /nix/var/nix/profiles/system"), one);
    });
  });
});
