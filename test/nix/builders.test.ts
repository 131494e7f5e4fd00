import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { connectionSchema } from "../../provider/connection";
import { buildElsewhere } from "../../provider/copy/build-elsewhere";
import { CommandError } from "../../provider/errors";
import type { Host } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import { buildersSchema, buildersSetting, type Builders } from "../../provider/nix/builders";
import { buildTogether } from "../../provider/nix/build-together";
import { evaluateAll } from "../../provider/nix/evaluate";
import { realise } from "../../provider/nix/realise";
import type { StorePath } from "../../provider/values";
import { environment, run, setEnvironment, sharedFleet, type Host as TestHost } from "../fleet";

let made = 0;

describe("Nix's remote builders", () => {
  let hosts: Hosts;
  let controller: Host;
  let machines: TestHost[];
  let folder: string;
  let restoreEnvironment: () => void;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "pulumi-nix-builders-"));
    restoreEnvironment = setEnvironment({ ...environment(), XDG_CACHE_HOME: folder, TMPDIR: folder });
    hosts = new Hosts();
    controller = await hosts.get(connectionSchema.parse({ local: true }));
    machines = (await sharedFleet({ bookworm: 1, trixie: 1 })).hosts;
    for (const host of machines) await host.sh("echo 'system-features = wanted' >>/etc/nix/nix.conf");
  });
  after(async () => {
    await hosts.close();
    restoreEnvironment();
    rmSync(folder, { recursive: true });
  });

  /** A derivation that writes down who built it; with `wanted` only a machine that has that feature does. */
  const derivation = async (script = "", more = ""): Promise<{ drvPath: StorePath; outPath: StorePath }> => {
    const expr = `derivation { name = "spread-m${process.pid}x${(made += 1)}"; system = builtins.currentSystem;
      builder = "/bin/sh"; PATH = "/usr/bin:/bin"; args = [ "-ec" "cat /etc/machine-id > $out; ${script}" ]; ${more} }`;
    const [found] = await evaluateAll([{ expr }], controller);
    assert.ok(found?.ok, JSON.stringify(found));
    return { drvPath: found.drvPath, outPath: found.outputs["out"] as StorePath };
  };
  const wanted = `requiredSystemFeatures = [ "wanted" ];`;
  const builder = (host: TestHost, more: object = {}): object => ({
    host: host.address,
    privateKey: host.privateKey,
    hostKey: host.hostKey,
    supportedFeatures: ["wanted"],
    ...more,
  });
  const parsed = (given: unknown): Builders => buildersSchema.parse(given);
  const builtBy = async (path: string): Promise<string> => (await run(["cat", path])).stdout.trim();
  const idOf = (host: TestHost): Promise<string> => host.sh("cat /etc/machine-id");

  for (const at of [0, 1]) {
    it(`${at === 0 ? "of Nix 2.8" : "of Nix 2.26"} build what only they can`, async () => {
      const host = machines[at] as TestHost;
      const { drvPath, outPath } = await derivation("", wanted);
      await assert.rejects(realise(controller, drvPath), /wanted/);
      await realise(controller, drvPath, { builders: parsed([builder(host)]) });
      assert.equal(await builtBy(outPath), await idOf(host));
    });
  }

  it("share several builds among them", async () => {
    const builds = await Promise.all([1, 2, 3, 4].map(() => derivation("sleep 1", wanted)));
    const all = builds.map(({ drvPath, outPath }) => ({ drvPath, outputs: [outPath] }));
    const builders = parsed(machines.map((host) => builder(host, { maxJobs: 2 })));
    assert.equal((await buildTogether(controller, all, { args: [], builders })).size, 0);
    const by = new Set(await Promise.all(builds.map(({ outPath }) => builtBy(outPath))));
    assert.deepEqual([...by].sort(), (await Promise.all(machines.map(idOf))).sort());
  });

  it("may be given in Nix's own words", async () => {
    const [host] = machines as [TestHost];
    const { drvPath, outPath } = await derivation("", wanted);
    const key = Buffer.from(host.hostKey).toString("base64");
    const text = `ssh-ng://root@${host.address} - ${host.privateKeyPath} 1 1 wanted - ${key}`;
    await realise(controller, drvPath, { builders: text });
    assert.equal(await builtBy(outPath), await idOf(host));
  });

  it("are not used when another machine answers", async () => {
    const [host, other] = machines as [TestHost, TestHost];
    const { drvPath } = await derivation("", wanted);
    const builders = parsed([builder(host, { hostKey: other.hostKey })]);
    await assert.rejects(realise(controller, drvPath, { builders }), (error: Error) => {
      assert.ok(error instanceof CommandError);
      assert.match(error.message, /wanted/);
      return true;
    });
  });

  it("tell the log of what failed there", async () => {
    const [host] = machines as [TestHost];
    const { drvPath } = await derivation("echo the reason; exit 3", wanted);
    await assert.rejects(realise(controller, drvPath, { builders: parsed([builder(host)]) }), /the reason/);
  });

  it("are spread over by another machine that builds, too", async () => {
    const [first, second] = machines as [TestHost, TestHost];
    const { drvPath, outPath } = await derivation("", `requiredSystemFeatures = [ "second" ];`);
    await second.sh("sed -i 's/^system-features.*/& second/' /etc/nix/nix.conf");
    const host = await hosts.get(connectionSchema.parse(first.connection()));
    const builders = parsed([builder(second, { supportedFeatures: ["second"] })]);
    const options = { as: undefined, builders };
    await buildElsewhere({ controller, host, drvPath, options, onProgress: () => undefined });
    assert.equal(await first.sh(`cat ${outPath}`), await idOf(second));
  });

  it("leave no key behind, however the build ends", async () => {
    const [host] = machines as [TestHost];
    const keys = async (): Promise<string> => {
      const found = await run(["grep", "-rlFa", "-e", String(host.privateKey.split("\n")[2]), folder]);
      return found.stdout;
    };
    const killed = new Hosts();
    const here = await killed.get(connectionSchema.parse({ local: true }));
    const { drvPath } = await derivation("sleep 4322", wanted);
    const ending = assert.rejects(realise(here, drvPath, { builders: parsed([builder(host)]) }));
    await host.sh("until pgrep -f '^sleep 4322' >/dev/null; do sleep 0.1; done");
    assert.equal(await keys(), "");
    await killed.close();
    await ending;
    await host.sh("while pgrep -f '^sleep 4322' >/dev/null; do sleep 0.1; done");
    while ((await run(["pgrep", "-f", "^sleep 90000"])).code === 0) await delay(50);
    assert.equal(await keys(), "");
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith("tmp.")),
      [],
    );
  });

  it("leave no key behind when there is no room for all of them", async () => {
    const [machine] = machines as [TestHost];
    const host = await hosts.get(connectionSchema.parse(machine.connection()));
    const { drvPath } = await derivation();
    const builders = parsed([builder(machine), builder(machine, { privateKey: "another" })]);
    // Of one page: the second key is one too many.
    await machine.sh("mount -t tmpfs -o size=4k tmpfs /tmp");
    try {
      await assert.rejects(realise(host, drvPath, { builders }), /I\/O error|No space/);
      assert.equal(await machine.sh("ls -A /tmp"), "");
      assert.equal((await machine.trySh("pgrep -f '^[s]leep 90000'")).code, 1);
    } finally {
      await machine.sh("umount -l /tmp");
    }
  });
});

describe("the setting for builders", () => {
  it("has a machine's fields in Nix's order, and each key once", () => {
    const one = { host: "one", privateKey: "key a", systems: ["x86_64-linux", "i686-linux"], maxJobs: 4 };
    const two = { host: "two", user: "nix", privateKey: "key a", speedFactor: 3, mandatoryFeatures: ["kvm"] };
    const three = { host: "three", privateKey: "key b", hostKey: "ssh-ed25519 AAAAC3" };
    assert.deepEqual(buildersSetting(buildersSchema.parse([one, two, three])), {
      setting: [
        "ssh-ng://root@one x86_64-linux,i686-linux <key1> 4 1 - - -",
        "ssh-ng://nix@two - <key1> 1 3 - kvm -",
        `ssh-ng://root@three - <key2> 1 1 - - ${Buffer.from("ssh-ed25519 AAAAC3").toString("base64")}`,
      ].join(" ; "),
      keys: ["key a", "key b"],
    });
  });

  it("takes no word that would be another field or another machine", () => {
    for (const host of ["a b", "a;b", "a\nb", "<key1>", ""])
      assert.equal(buildersSchema.safeParse([{ host }]).success, false, host);
    assert.equal(buildersSchema.safeParse([{ host: "a", hostKey: "SHA256:abc" }]).success, false);
  });
});
