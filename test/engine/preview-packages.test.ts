import assert from "node:assert/strict";
import { sharedFleet, type Host } from "../fleet";
import { changesOf, previewJson, saidWith } from "./preview";
import { Project } from "./project";

/** A site of a web server, a library that both its outputs are used of, and what else it is told to have. */
const siteNix = `
{ salt, nginx, more ? [ ], fail ? false }:
let
  build = name: extra: derivation ({ inherit name salt; system = builtins.currentSystem;
    builder = "/bin/sh"; args = [ "-ec" "echo $name $refs > $out" ]; refs = [ ]; } // extra);
  zlib = build "zlib-1.3.1" { };
  dev = build "zlib-1.3.1-dev" { refs = [ zlib ]; };
  web = build "nginx-\${nginx}" ({ refs = [ zlib dev ]; } //
    (if fail then { args = [ "-ec" "echo the compiler says no; exit 7" ]; } else { }));
in build "site" { refs = [ web ] ++ map (name: build name { }) more; }`;

const program = `
const config = new pulumi.Config();
const build = new nix.NixBuild("site", {
  file: "site.nix",
  args: config.requireObject<Record<string, any>>("args"),
  buildOnPreview: config.getBoolean("build") ?? false,
});
const connection = config.requireObject<any>("connection");
const copy = new nix.ClosureCopy("site", { connection, path: build.outPath });
new nix.ProfileActivation("site", { connection, profile: "preview-test", path: copy.path, kind: "noop", onDestroy: "remove" });
`;

describe("a preview of packages", function () {
  let host: Host;
  let project: Project;
  const salt = `${process.pid}-${Date.now()}`;

  before(async () => {
    host = (await sharedFleet({ trixie: 1 })).trixie[0] as Host;
    project = await Project.create({ program, files: { "site.nix": siteNix } });
    await project.configure({ connection: host.connection() });
    await configure({ nginx: "1.24.0", more: ["foo-1"] });
  });
  after(() => project.remove());

  const configure = (args: object): Promise<void> => project.configure({ args: { salt, ...args } });
  /** With what it says of resources, which `--diff` sends to standard error. */
  const all = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await project.pulumi(...args);
    assert.equal(code, 0, stdout + stderr);
    return stdout + stderr;
  };
  const build = (on: boolean): Promise<void> => project.configure({ build: String(on) });
  const summary = (text: string): string[] =>
    text
      .split("\n")
      .map((line) => line.trim())
      .filter((line) => /^[-+~] (\w[\w.-]*|"[^"]*") *:/.test(line));

  it("says of what is not built how much would be built, and that nothing else is known", async () => {
    const json = await previewJson(project);
    assert.deepEqual(saidWith(json, "NixBuild::site"), [
      "would build 5 derivations: site, foo-1, nginx-1.24.0, zlib-1.3.1, zlib-1.3.1-dev",
    ]);
    assert.match(
      saidWith(json, "ClosureCopy::site").join(),
      /^how much would be copied to \S+ is known when site is here$/,
    );
    assert.deepEqual(saidWith(json, "ProfileActivation::site"), [
      `there is no profile /nix/var/nix/profiles/preview-test on ${host.address} yet`,
    ]);
    assert.match(await project.preview(), /packages\s*: (\[unknown\]|output<string>)/);
  });

  it("knows all of it when it may build", async () => {
    await build(true);
    const text = await all("preview", "--diff");
    for (const line of [/foo\s*: "1"/, /nginx\s*: "1\.24\.0"/, /zlib\s*: "1\.3\.1"/, /closureSize\s*: \d+/])
      assert.match(text, line);
    assert.doesNotMatch(text, /would build/);
    assert.match(text, new RegExp(`would copy 5 of 5 paths, 0\\.0 MiB, to ${host.address}`));
  });

  it("leaves nothing to be said once all is as it should be, and dials nobody", async () => {
    await project.up();
    const before = await host.acceptedLogins();
    const json = await previewJson(project, "--expect-no-changes");
    assert.deepEqual(json.diagnostics ?? [], []);
    assert.equal(await host.acceptedLogins(), before);
  });

  it("shows one package that goes up, one that comes and one that goes", async () => {
    await configure({ nginx: "1.26.1", more: ["bar-3"] });
    const text = await all("preview", "--diff");
    assert.match(text, /- foo\s*: "1"/);
    assert.match(text, /~ nginx\s*: "1\.24\.0" => "1\.26\.1"/);
    assert.match(text, /\+ bar\s*: "3"/);
    assert.doesNotMatch(text, /zlib/);
    assert.match(text, new RegExp(`would copy 3 of 5 paths, 0\\.0 MiB, to ${host.address}`));
    assert.doesNotMatch(text, /__/);
    const json = await previewJson(project);
    for (const name of ["NixBuild::site", "ProfileActivation::site"]) {
      const { "packages.nginx": nginx, "packages.foo": foo, "packages.bar": bar } = changesOf(json, name);
      assert.deepEqual([nginx, foo, bar], ["update", "delete", "add"]);
    }
    assert.deepEqual(saidWith(json, "ProfileActivation::site"), []);
  });

  it("shows against the state what is not built, as unknown and not as gone", async () => {
    await build(false);
    await configure({ nginx: "1.28.0", more: ["bar-3"] });
    const json = await previewJson(project);
    assert.doesNotMatch(Object.keys(changesOf(json, "NixBuild::site")).join(), /packages|closureSize/);
    assert.deepEqual(saidWith(json, "NixBuild::site"), ["would build 2 derivations: site, nginx-1.28.0"]);
    const text = await project.preview();
    assert.deepEqual(
      summary(text).filter((line) => line.startsWith("- ")),
      [],
      text,
    );
  });

  it("tells of a build that fails with its resource, and why", async () => {
    await build(true);
    await configure({ nginx: "1.28.0", fail: true });
    const text = await project.fail("preview");
    assert.match(text, /NixBuild.* file: could not be built: .*nginx-1\.28\.0\.drv' failed.*exit code 7/s);
    assert.match(text, /the compiler says no/);
    assert.doesNotMatch(text, /would copy/);
  });

  it("keeps what an update has found out behind the build", async () => {
    await build(false);
    await configure({ nginx: "1.28.0" });
    await project.up();
    for (const name of ["NixBuild::site", "ProfileActivation::site"]) {
      const { packages, closureSize } = await project.outputs(name);
      assert.deepEqual(packages, { nginx: "1.28.0", zlib: "1.3.1" });
      assert.equal(typeof closureSize, "number");
    }
    await project.succeed("preview", "--refresh", "--expect-no-changes");
  });

  it("shows the packages that are really there, when somebody has changed them", async () => {
    const profile = "/nix/var/nix/profiles/preview-test";
    const generations = await host.sh(`ls -d ${profile}-*-link | sort -V`);
    await host.sh(`ln -sfn ${generations.split("\n")[0]} ${profile}`);
    const text = await project.preview("--refresh");
    assert.match(text, /~ nginx\s*: "1\.24\.0" => "1\.28\.0"/);
    assert.match(text, /- foo\s*: "1"/);
    await project.up("--refresh");
    await project.up("--refresh", "--expect-no-changes");
  });

  it("says that a machine which is away is not asked, once and without failing", async () => {
    await configure({ nginx: "1.30.0" });
    await build(true);
    await project.configure({ connection: { ...host.connection(), dialErrorLimit: 1 } });
    await host.stopSshd();
    const json = await previewJson(project);
    await host.startSshd();
    assert.match(
      saidWith(json, "ClosureCopy::site").join(),
      /^warning: what it would do is not shown: .*ECONNREFUSED/,
    );
    await project.configure({ connection: host.connection() });
    await project.succeed("destroy", "--yes", "--skip-preview");
  });
});
