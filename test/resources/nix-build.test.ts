import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectionSchema } from "../../provider/connection";
import { Hosts } from "../../provider/host/pool";
import type { BuildSource } from "../../provider/nix/build-source";
import { readDerivation } from "../../provider/nix/derivation";
import { evaluateAll } from "../../provider/nix/evaluate";
import { nixBuild } from "../../provider/resources/nix-build";
import type { StorePath } from "../../provider/values";
import { environment, setEnvironment, run } from "../fleet";
import { Managed, untyped } from "./managed";

describe("a build", () => {
  let hosts: Hosts;
  let folder: string;
  let restoreEnvironment: () => void;
  let managed: Managed;
  let urn: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "pulumi-nix-build-"));
    restoreEnvironment = setEnvironment({ ...environment(), XDG_CACHE_HOME: folder });
    hosts = new Hosts();
  });
  after(async () => {
    await hosts.close();
    restoreEnvironment();
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    urn = `urn::build-${process.pid}`;
    managed = new Managed(untyped(nixBuild), urn);
  });
  afterEach(async () => {
    if (managed.state !== undefined) await managed.destroy();
    await managed.close();
  });

  /** The inputs as the program evaluates them; each build writes its version to a log. */
  const inputs = async (
    version: string,
    more: Partial<BuildSource> & { keepBuilds?: number } = {},
  ): Promise<object> => {
    const expr = `{ version, log }: derivation {
      name = "build-\${version}"; system = builtins.currentSystem; builder = "/bin/sh"; outputs = [ "out" "doc" ];
      args = [ "-ec" "echo \${version} >> \${log}; echo \${version} > $out; echo doc > $doc" ];
    }`;
    const { keepBuilds, ...source } = { expr, args: { version, log: join(folder, "log") }, ...more };
    const [found] = await evaluateAll([source], await hosts.get(connectionSchema.parse({ local: true })));
    assert.ok(found?.ok, JSON.stringify(found));
    const { drvPath, outputs } = found;
    return { ...source, drvPath, outPath: outputs["out"], outputs, ...(keepBuilds && { keepBuilds }) };
  };
  const log = (): string[] => readFileSync(join(folder, "log"), "utf8").trim().split("\n");
  /** What a collection would do to this path, without one: this machine's store is not ours alone. */
  const collect = async (path: string): Promise<boolean> => {
    const settings = `NIX_CONFIG=${environment()["NIX_CONFIG"] ?? ""}`;
    return (await run(["env", settings, "nix-store", "--delete", path])).code === 0;
  };
  const roots = (): string[] => {
    const found = readdirSync("/var/lib/pulumi-nix/roots").find((name) => name.startsWith(urn.slice(5)));
    return found === undefined ? [] : readdirSync(join("/var/lib/pulumi-nix/roots", found));
  };

  it("that a revert goes back to is still there: the last builds outlive a collection", async () => {
    const made: string[] = [];
    for (const version of ["1", "2", "3", "4"])
      made.push(String((await managed.up(await inputs(version)))["outPath"]));
    assert.equal(roots().length, 6);
    const collected: boolean[] = [];
    for (const path of made) collected.push(await collect(path));
    assert.deepEqual(collected, [true, false, false, false]);
    await managed.up(await inputs("2"));
    assert.deepEqual(log().slice(-4), ["1", "2", "3", "4"]);
    await managed.up(await inputs("1"));
    assert.deepEqual(log().at(-1), "1");
  });

  it("keeps as many as asked, the ones wanted last", async () => {
    for (const version of ["a", "b", "a", "c"]) await managed.up(await inputs(version, { keepBuilds: 2 }));
    assert.deepEqual(
      roots()
        .map((name) => name.slice(33))
        .sort(),
      ["build-a", "build-a-doc", "build-c", "build-c-doc"],
    );
  });

  it("that was collected or lost its root shows as such, and is made again", async () => {
    const wanted = await inputs("lost");
    const path = String((await managed.up(wanted))["outPath"]);
    assert.deepEqual(await managed.drift(wanted), []);
    const folderOfRoots = readdirSync("/var/lib/pulumi-nix/roots").find((name) =>
      name.startsWith(urn.slice(5)),
    );
    rmSync(join("/var/lib/pulumi-nix/roots", String(folderOfRoots)), { recursive: true });
    assert.equal((await managed.read())?.["outPath"], `unprotected: ${path}`);
    assert.equal(await collect(path), true);
    assert.equal((await managed.read())?.["outPath"], `missing: ${path}`);
    await managed.ensure(wanted);
    assert.deepEqual(await managed.drift(wanted), []);
  });

  it("that another machine made is not missed here", async () => {
    const wanted = await inputs("elsewhere");
    const state = await managed.up(wanted);
    managed.state = {
      ...state,
      controller: "another-machine",
      outPath: `/nix/store/${"0".repeat(32)}-never-here`,
    };
    assert.equal((await managed.read())?.["outPath"], managed.state["outPath"]);
  });

  it("takes options and trailing arguments, those for the evaluation only there", async () => {
    const more = {
      nixOptions: { "log-lines": "3" },
      extraArgs: ["--show-trace", "-j1", "--argstr", "unused", "x"],
    };
    await managed.up(await inputs("options", more));
  });

  it("is taken from a derivation that is in the store already", async () => {
    const { drvPath, outPath, outputs } = (await inputs("given")) as Record<string, StorePath>;
    assert.deepEqual(readDerivation(drvPath as StorePath), { name: "build-given", drvPath, outputs });
    assert.equal((await managed.up({ drvPath, outPath, outputs }))["outPath"], outPath);
    assert.throws(
      () => readDerivation(`/nix/store/${"0".repeat(32)}-none.drv` as StorePath),
      /is not in this machine's store/,
    );
  });

  it("for another system is evaluated for that system", async () => {
    writeFileSync(
      join(folder, "system.nix"),
      `{ system }: derivation { name = "for-\${system}"; inherit system; builder = "b"; }`,
    );
    const controller = await hosts.get(connectionSchema.parse({ local: true }));
    const plain = {
      expr: `derivation { name = "is-\${builtins.currentSystem}"; system = "s"; builder = "b"; }`,
    };
    const found = await evaluateAll(
      [
        { file: join(folder, "system.nix"), system: "riscv64-linux" },
        { ...plain, system: "riscv64-linux" },
      ],
      controller,
    );
    assert.deepEqual(
      found.map((one) => one.ok && one.name),
      ["for-riscv64-linux", "is-riscv64-linux"],
    );
  });
});
