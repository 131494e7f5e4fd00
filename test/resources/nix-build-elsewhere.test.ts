import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { difference } from "../../provider/diff";
import { CommandError } from "../../provider/errors";
import { Hosts } from "../../provider/host/pool";
import type { Resource } from "../../provider/resource";
import { binaryCache } from "../../provider/resources/binary-cache";
import { closureCopy } from "../../provider/resources/closure-copy";
import { nixBuild } from "../../provider/resources/nix-build";
import { environment, run, setEnvironment, sharedFleet, type Host } from "../fleet";
import { freshBuild, isValidOn, markOf, rootsOn, type BuildInputs } from "./built-elsewhere";
import { Managed, untyped } from "./managed";

describe("a build on another machine", () => {
  let hosts: Hosts;
  let folder: string;
  let restoreEnvironment: () => void;
  let builder: Host;
  let other: Host;
  let managed: Managed;
  const opened: Managed[] = [];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "pulumi-nix-elsewhere-"));
    restoreEnvironment = setEnvironment({ ...environment(), XDG_CACHE_HOME: folder });
    hosts = new Hosts();
    const fleet = await sharedFleet({ bookworm: 1, trixie: 1 });
    [builder, other] = [fleet.trixie[0], fleet.bookworm[0]] as [Host, Host];
  });
  after(async () => {
    await hosts.close();
    restoreEnvironment();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    managed = manage(untyped(nixBuild), "elsewhere");
  });
  afterEach(async () => {
    for (const one of opened.splice(0).reverse()) {
      if (one.state !== undefined) await one.destroy();
      await one.close();
    }
    assert.deepEqual(await rootsOn(builder), []);
    assert.deepEqual(await rootsOn(other), []);
  });

  function manage(resource: Resource<never, never>, name: string): Managed {
    const one = new Managed(resource, `urn::${name}-${process.pid}-${opened.length}`);
    opened.push(one);
    return one;
  }
  const machineId = (host: Host): Promise<string> => host.sh("cat /etc/machine-id");
  const drvs = (host: Host, build: BuildInputs): Promise<boolean> => isValidOn(host, build.drvPath);

  for (const suite of ["bookworm", "trixie"] as const) {
    it(`is built and protected there, on ${suite}, and nothing of it is built here`, async () => {
      const host = suite === "bookworm" ? other : builder;
      const build = await freshBuild(hosts);
      const wanted = { ...build, buildOn: host.connection() };
      const state = await managed.up(wanted);
      assert.equal(state["builtOn"], host.address);
      assert.equal(await host.sh(`cat ${build.outPath}/where`), await machineId(host));
      assert.deepEqual(await rootsOn(host), [basename(build.outPath)]);
      assert.equal(existsSync(build.outPath), false);
      assert.deepEqual(state["packages"], { [`built-${markOf(build)}`]: "1.5" });
      assert.ok(Number(state["closureSize"]) > 0);
      assert.deepEqual(await managed.drift(wanted), []);
      // What protects the derivation while it is built is gone, and the outputs are what stays.
      await host.sh("nix-collect-garbage --option keep-derivations false");
      assert.deepEqual([await isValidOn(host, build.outPath), await drvs(host, build)], [true, false]);
    });
  }

  it("tells its log while it goes on, and all of what went wrong", async () => {
    const lines = "for i in 1 2 3; do echo step $i; sleep 0.2; done; echo the reason >&2; exit 3";
    const build = await freshBuild(hosts, { script: lines });
    await assert.rejects(managed.up({ ...build, buildOn: builder.connection() }), (error: CommandError) => {
      assert.ok(error instanceof CommandError);
      assert.match(
        error.message,
        new RegExp(`^building ${build.drvPath} on ${builder.address} failed: exit code`),
      );
      assert.match(error.message, /the reason/);
      return true;
    });
    assert.ok(
      managed.statuses.some((line) => line.includes("step 2")),
      managed.statuses.join("\n"),
    );
  });

  for (const [user, more] of [
    ["deploy", { elevate: "sudo" }],
    ["operator", { elevate: "sudo", elevatePassword: "hunter2-operator" }],
    ["dora", { elevate: "doas" }],
  ] as const) {
    it(`by ${user}, who becomes root there`, async () => {
      const build = await freshBuild(hosts);
      await managed.up({ ...build, buildOn: { ...builder.connection({ user }), ...more } });
      assert.equal(await builder.sh(`cat ${build.outPath}/where`), await machineId(builder));
      assert.deepEqual(await rootsOn(builder), [basename(build.outPath)]);
    });
  }

  for (const user of ["deploy", "alice"] as const) {
    for (const suite of ["bookworm", "trixie"] as const) {
      const trusted = user === "deploy" ? "trusts" : "does not trust";
      it(`by a login that the daemon ${trusted} is protected for that login, on ${suite}`, async () => {
        const host = suite === "bookworm" ? other : builder;
        const build = await freshBuild(hosts);
        await managed.up({ ...build, buildOn: host.connection({ user }) });
        const roots = `ls /home/${user}/.local/state/pulumi-nix/roots/*`;
        assert.equal(await host.sh(roots), basename(build.outPath));
        await managed.destroy();
        assert.equal((await host.trySh(roots)).code, 2);
      });
    }
  }

  it("for a kind of machine that this one is not is built there", async () => {
    await builder.sh(
      "cp /etc/nix/nix.conf /root/nix.conf; echo 'extra-platforms = aarch64-linux' >>/etc/nix/nix.conf",
    );
    try {
      const build = await freshBuild(hosts, { system: "aarch64-linux" });
      await assert.rejects(managed.up(build), /aarch64-linux/);
      await managed.up({ ...build, buildOn: builder.connection() });
      assert.equal(await builder.sh(`cat ${build.outPath}/where`), await machineId(builder));
    } finally {
      await builder.sh("mv /root/nix.conf /etc/nix/nix.conf");
    }
  });

  it("is only protected where it is copied to the very machine", async () => {
    const build = await freshBuild(hosts);
    const buildOn = builder.connection();
    await managed.up({ ...build, buildOn });
    const copy = manage(untyped(closureCopy), "copy");
    for (const connection of [buildOn, { ...builder.connection({ user: "deploy" }), elevate: "sudo" }]) {
      copy.state = undefined;
      await copy.ensure({ connection, path: build.outPath });
      assert.ok(
        !copy.statuses.some((line) => /\b[1-9]\d* of \d+ paths/.test(line)),
        copy.statuses.join("\n"),
      );
      assert.deepEqual(await copy.drift({ connection, path: build.outPath }), []);
    }
    assert.equal(existsSync(build.outPath), false);
  });

  it("goes from there to other machines without being told, and is not stored here", async () => {
    const build = await freshBuild(hosts);
    await managed.up({ ...build, buildOn: builder.connection() });
    const copy = manage(untyped(closureCopy), "copy");
    const inputs = { connection: other.connection(), path: build.outPath };
    await copy.preview(inputs);
    assert.match(String(copy.said), /^info: would copy 2 of 2 paths, 0.0 MiB, to /);
    await copy.up(inputs);
    assert.equal(await other.sh(`cat ${build.outPath}/where`), await machineId(builder));
    assert.deepEqual(await copy.drift(inputs), []);
    assert.equal(existsSync(build.outPath), false);
    const closure = await other.sh(`nix-store -qR ${build.outPath}`);
    assert.match(closure, new RegExp(`-library-${markOf(build)}\n`));
  });

  it("that was collected there is drift, and is built again, also for a copy of it", async () => {
    const build = await freshBuild(hosts);
    const wanted = { ...build, buildOn: builder.connection() };
    await managed.up(wanted);
    const lose = (): Promise<string> =>
      builder.sh("find /var/lib/pulumi-nix/roots -type l -delete; nix-collect-garbage");
    await lose();
    assert.equal((await managed.read())?.["outPath"], `missing: ${build.outPath}`);
    await managed.ensure(wanted);
    assert.deepEqual(await managed.drift(wanted), []);
    await lose();
    const copy = manage(untyped(closureCopy), "copy");
    await copy.up({ connection: other.connection(), path: build.outPath });
    assert.equal(await isValidOn(other, build.outPath), true);
  });

  it("may be copied together with what was built here", async () => {
    const [there, here] = [await freshBuild(hosts), await freshBuild(hosts)];
    await managed.up({ ...there, buildOn: builder.connection() });
    await manage(untyped(nixBuild), "here").up(here);
    const inputs = { connection: other.connection(), paths: [there.outPath, here.outPath] };
    const copy = manage(untyped(closureCopy), "copy");
    await copy.up(inputs);
    assert.deepEqual(await copy.drift(inputs), []);
    assert.equal(await other.sh(`cat ${there.outPath}/where`), await machineId(builder));
    assert.notEqual(await other.sh(`cat ${here.outPath}/where`), await machineId(builder));
    assert.equal((await rootsOn(other)).length, 2);
  });

  it("leaves no root of a first copy that fails when a part has come, and those of an earlier one", async () => {
    const [there, here] = [await freshBuild(hosts), await freshBuild(hosts)];
    await managed.up({ ...there, buildOn: builder.connection() });
    await manage(untyped(nixBuild), "here").up(here);
    await builder.sh(`chmod u+w ${there.outPath}/where; echo more >>${there.outPath}/where`);
    const wanted = { connection: other.connection(), paths: [here.outPath, there.outPath] };
    const first = manage(untyped(closureCopy), "first");
    await assert.rejects(first.up(wanted), /-built-/);
    assert.equal(await isValidOn(other, here.outPath), true);
    assert.deepEqual(await rootsOn(other), []);
    const later = manage(untyped(closureCopy), "later");
    await later.up({ connection: other.connection(), path: here.outPath });
    await assert.rejects(later.up(wanted), /-built-/);
    assert.deepEqual(await rootsOn(other), [basename(here.outPath)]);
  });

  it("comes here for a cache that is filled from here", async () => {
    const build = await freshBuild(hosts);
    await managed.up({ ...build, buildOn: builder.connection() });
    const cache = manage(untyped(binaryCache), "cache");
    await cache.up({ url: `file://${folder}/cache`, path: build.outPath });
    assert.equal(readdirSync(join(folder, "cache")).filter((name) => name.endsWith(".narinfo")).length, 2);
  });

  it("comes here when that is asked for, and is protected here as long as it is", async () => {
    const build = await freshBuild(hosts);
    const wanted = { ...build, buildOn: builder.connection(), fetch: true };
    await managed.up(wanted);
    assert.equal(existsSync(build.outPath), true);
    const collect = (): Promise<boolean> => deleteHere(build.outPath);
    assert.equal(await collect(), false);
    assert.deepEqual(await managed.drift(wanted), []);
    await managed.up({ ...wanted, fetch: false });
    assert.equal(await collect(), true);
    assert.deepEqual(await managed.drift({ ...wanted, fetch: false }), []);
    await managed.up(wanted);
    await managed.destroy();
    assert.equal(await collect(), true);
  });

  it("says what it took to the other machine, and what came from there", async () => {
    const build = await freshBuild(hosts);
    await managed.up({ ...build, buildOn: builder.connection(), fetch: true });
    const told = managed.said.map((line) => line.replace(/\d+\.\d+ (MiB|s\b)/g, "0 $1"));
    assert.deepEqual(told, [
      `info: copied 3 of 3 paths, 0 MiB in 0 s (0 MiB/s), to ${builder.address}`,
      "info: copied 2 of 2 paths, 0 MiB in 0 s (0 MiB/s), to this machine",
    ]);
  });

  it("says in a preview that it would be built, as long as it is not there", async () => {
    const wanted = { ...(await freshBuild(hosts)), buildOn: builder.connection() };
    await managed.preview(wanted);
    assert.deepEqual(managed.said, [`info: would be built on ${builder.address}`]);
    await managed.up(wanted);
    const said = managed.said.length;
    await managed.preview(wanted);
    assert.equal(managed.said.length, said);
  });

  it("keeps the last builds there, the ones wanted last", async () => {
    const builds = [await freshBuild(hosts), await freshBuild(hosts), await freshBuild(hosts)];
    for (const build of builds) await managed.up({ ...build, buildOn: builder.connection(), keepBuilds: 2 });
    const kept = builds.slice(1).map(({ outPath }) => basename(outPath));
    assert.deepEqual((await rootsOn(builder)).sort(), kept.sort());
  });

  it("is another one on another machine, where it is found under another name", async () => {
    const build = await freshBuild(hosts);
    const state = await managed.up({ ...build, buildOn: builder.connection() });
    const replacing = (buildOn: object | undefined): string[] =>
      difference(untyped(nixBuild), state, { ...state, buildOn }).replacing;
    assert.deepEqual(replacing({ ...builder.connection(), privateKey: "another" }), []);
    assert.deepEqual(replacing(other.connection()), ["buildOn"]);
    assert.deepEqual(replacing(undefined), ["buildOn"]);
    const ids = [builder, other].map((host) =>
      untyped(nixBuild).identify({ ...build, buildOn: host.connection() } as never, "urn"),
    );
    assert.notEqual(ids[0], ids[1]);
  });

  /** What a collection would do to a path, without one: this machine's store is not ours alone. */
  async function deleteHere(path: string): Promise<boolean> {
    const settings = `NIX_CONFIG=${environment()["NIX_CONFIG"] ?? ""}`;
    return (await run(["env", settings, "nix-store", "--delete", path])).code === 0;
  }
});
