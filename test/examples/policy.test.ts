import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Project } from "../engine/project";
import { environment, output, run } from "../fleet";
import { checkout } from "../fleet/script";
import { compareVersions } from "../../examples/policy/versions";
import { PolicyPackProcess, urnOf, type Judged } from "./policy-pack";

const type = (name: string): string => `pulumi-nodejs:dynamic/nix:${name}`;
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const path = `/nix/store/${"a".repeat(32)}-it`;

/** The pack as it is in its folder, with the packages that `npm install` would put there. */
function packFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pulumi-nix-policy-"));
  cpSync(join(checkout, "examples/policy"), folder, { recursive: true });
  mkdirSync(join(folder, "node_modules"));
  for (const name of ["@pulumi", "typescript", "ts-node"]) {
    symlinkSync(join(checkout, "node_modules", name), join(folder, "node_modules", name));
  }
  return folder;
}

describe("the example of a policy pack", function () {
  let folder: string;
  let pack: PolicyPackProcess;

  before(async () => {
    folder = packFolder();
    pack = await PolicyPackProcess.start(folder);
    await pack.configure({
      "no-unsigned-paths": { stacks: ["prod"] },
      "signed-copies": { stacks: ["prod"], keys: ["release-1:key"] },
      "copies-of-builds": { stacks: ["prod"] },
      "confirmed-changes": { stacks: ["prod"] },
      "no-denied-packages": {
        stacks: ["prod"],
        deny: [{ package: "openssl", before: "3.0.15", because: "CVE-2024-6119" }, { package: "telnet" }],
      },
      "closure-growth": { stacks: ["prod"], atMost: 100, growth: 1.5, former: "former.json" },
    });
    const former = { urn: urnOf(type("ProfileActivation"), "known"), outputs: { closureSize: 20 * 2 ** 20 } };
    writeFileSync(
      join(folder, "former.json"),
      JSON.stringify({ version: 3, deployment: { resources: [former] } }),
    );
  });
  after(async () => {
    await pack.stop();
    rmSync(folder, { recursive: true });
  });

  const messages = async (resource: Judged): Promise<string[]> =>
    (await pack.analyze(resource)).map(({ policy, message, mandatory }) => {
      assert.equal(mandatory, true);
      return `${policy}: ${message.split("\n").at(-1)}`;
    });
  const activation = (more: Judged["properties"], name?: string): Judged => ({
    type: type("ProfileActivation"),
    ...(name !== undefined && { name }),
    properties: { path, packages: {}, closureSize: 1, ...more },
  });

  it("needs the version that is tested here", () => {
    const versions = (file: string, kind: string): unknown =>
      (JSON.parse(readFileSync(join(checkout, file), "utf8")) as Record<string, Record<string, unknown>>)[
        kind
      ]?.["@pulumi/policy"];
    assert.equal(
      versions("examples/policy/package.json", "dependencies"),
      versions("package.json", "devDependencies"),
    );
  });

  it("refuses a change of a production machine that nobody confirms", async () => {
    const [refused] = await messages(activation({ confirm: false }));
    assert.match(refused ?? "", /^confirmed-changes: confirm: false would leave nobody a way back in/);
    const unit = { type: type("SystemdUnit"), properties: { name: "web.service", confirm: false } };
    assert.equal((await messages(unit)).length, 1);
    assert.deepEqual(await messages(activation({ confirm: { timeout: 60 } })), []);
    assert.deepEqual(await messages({ ...unit, stack: "dev" }), []);
  });

  it("refuses a package on the deny list, and of several versions names the old ones", async () => {
    assert.deepEqual(await messages(activation({ packages: { openssl: "1.1.1w, 3.0.14, 3.0.15" } })), [
      "no-denied-packages: openssl 1.1.1w, 3.0.14 is denied before 3.0.15: CVE-2024-6119",
    ]);
    assert.deepEqual(await messages(activation({ packages: { telnet: "0.17", openssl: "3.4.0" } })), [
      "no-denied-packages: telnet 0.17 is denied",
    ]);
  });

  it("refuses a closure that is too big, or has grown too much since the last deployment", async () => {
    const [tooBig] = await messages(activation({ closureSize: 101 * 2 ** 20 }));
    assert.match(tooBig ?? "", /the closure is 101\.0 MiB: at most 100 MiB are allowed/);
    const [grown] = await messages(activation({ closureSize: 31 * 2 ** 20 }, "known"));
    assert.match(grown ?? "", /grows from 20\.0 MiB to 31\.0 MiB, 1\.6 times: at most 1\.5 are allowed/);
    assert.deepEqual(await messages(activation({ closureSize: 30 * 2 ** 20 }, "known")), []);
  });

  it("refuses what is not known when it is about to be activated, and in a preview says so only", async () => {
    const { packages: _packages, closureSize: _size, ...absent } = activation({}).properties;
    assert.equal((await messages({ type: type("ProfileActivation"), properties: absent })).length, 2);
    const said = await pack.analyze(activation({ packages: unknown, closureSize: unknown }));
    assert.deepEqual(
      said.map(({ policy, mandatory }) => [policy, mandatory]),
      [
        ["no-denied-packages", false],
        ["closure-growth", false],
      ],
    );
    for (const { message } of said) assert.match(message, /can't be known during preview/);
  });

  it("refuses a build that lets in what nobody has signed", async () => {
    const lax: Judged["properties"][] = [
      { nixOptions: { "require-sigs": "false" } },
      { extraArgs: ["--no-require-sigs"] },
      { extraArgs: ["--option", "require-sigs", "no"] },
      { nixOptions: { "require-sigs": "0" } },
      { nixOptions: { substituters: "https://cache.example.org http://there?trusted=1" } },
      { extraArgs: ["--substituters", "http://there?priority=1&trusted=yes"] },
    ];
    for (const properties of lax) {
      const [refused] = await messages({ type: type("NixBuild"), properties });
      assert.match(refused ?? "", /^no-unsigned-paths: .*(require-sigs|trusted=(1|yes)).* nobody has signed/);
    }
    const fine = {
      nixOptions: { cores: "2", substituters: "" },
      extraArgs: ["--option", "require-sigs", "true"],
    };
    assert.deepEqual(await messages({ type: type("NixBuild"), properties: fine }), []);
  });

  it("refuses a build that says itself whose signature counts", async () => {
    const own: Judged["properties"][] = [
      { nixOptions: { "trusted-public-keys": "mine:key" } },
      { nixOptions: { "extra-substituters": "https://cache.example.org" } },
      { extraArgs: ["--extra-trusted-public-keys", "mine:key"] },
      { extraArgs: ["--option", "extra-binary-caches", "https://cache.example.org"] },
      { extraArgs: ["--accept-flake-config"] },
    ];
    for (const properties of own) {
      const refused = await messages({ type: type("NixBuild"), properties });
      assert.equal(refused.length, 1, JSON.stringify(properties));
      assert.match(refused[0] ?? "", /^no-unsigned-paths: .* whose signature counts/);
    }
    const off = { extraArgs: ["--no-accept-flake-config", "--option", "accept-flake-config", "no"] };
    assert.deepEqual(await messages({ type: type("NixBuild"), properties: off }), []);
  });

  it("refuses a copy that may send what nobody has signed, or trusts a key of its own", async () => {
    const copy = (properties: Judged["properties"]): Judged => ({ type: type("ClosureCopy"), properties });
    const lax: Judged["properties"][] = [{ path }, { path, requireSignatures: false }];
    for (const properties of lax)
      assert.match(
        (await messages(copy(properties))).join(),
        /^signed-copies: requireSignatures: true is missing/,
      );
    assert.deepEqual(await messages({ ...copy({ path }), stack: "dev" }), []);
    const asking = { path, requireSignatures: true };
    assert.deepEqual(await messages(copy(asking)), []);
    assert.deepEqual(await messages(copy({ ...asking, trustedPublicKeys: ["release-1:key"] })), []);
    const own = copy({ ...asking, trustedPublicKeys: ["release-1:key", "mine:key"] });
    assert.deepEqual(await messages(own), [
      "signed-copies: mine:key is not among the keys whose signature counts",
    ]);
  });

  it("refuses a copy of a path that comes from no build", async () => {
    const copy = { type: type("ClosureCopy"), properties: { path } };
    const [refused] = await pack.analyzeStack(copy);
    assert.equal(refused?.policy, "copies-of-builds");
    for (const origin of [type("NixBuild"), "pulumi:pulumi:StackReference"]) {
      assert.deepEqual(await pack.analyzeStack({ ...copy, from: { path: [origin] } }), []);
    }
  });

  it("compares versions as Nix does", async () => {
    const versions = ["", "1", "1.0", "1.0.2k", "1.0.2", "1.1.1w", "2.3a", "2.3.1", "2.3pre1", "2.3", "10"];
    const list = `[ ${versions.map((version) => JSON.stringify(version)).join(" ")} ]`;
    const expr = `map (a: map (b: builtins.compareVersions a b) ${list}) ${list}`;
    const command = ["nix-instantiate", "--eval", "--strict", "--json", "--expr", expr];
    const said = JSON.parse(output("nix-instantiate", await run(command))) as number[][];
    assert.deepEqual(
      versions.map((a) => versions.map((b) => compareVersions(a, b))),
      said,
    );
  });
});

/** Of a runtime without a language host of its own, the engine starts the program of that name itself. */
const runtime = "outside-of-a-language-host";

describe("the policy pack in the engine", function () {
  let project: Project;
  let folder: string;

  before(async () => {
    folder = packFolder();
    const yaml = join(folder, "PulumiPolicy.yaml");
    writeFileSync(yaml, readFileSync(yaml, "utf8").replace("runtime: nodejs", `runtime: ${runtime}`));
    const runner = join(checkout, "node_modules/@pulumi/pulumi/cmd/run-policy-pack");
    mkdirSync(join(folder, "bin"));
    const script = `#!/bin/sh\nexec '${process.execPath}' '${runner}' "$@"\n`;
    writeFileSync(join(folder, "bin", `pulumi-analyzer-policy-${runtime}`), script, { mode: 0o755 });
    project = await Project.create({ program, files: { "openssl.nix": openssl } }, "prod");
    await project.configure({ copy: "true", confirm: "false", text: String(Date.now()) });
    const own = project.environment();
    project.environment = () => ({
      ...own,
      PATH: `${join(folder, "bin")}:${environment()["PATH"] ?? ""}`,
    });
  });
  after(async () => {
    await project.remove();
    rmSync(folder, { recursive: true });
  });

  const judged = (...args: string[]): string[] => [...args, "--policy-pack", folder];
  const configured = (config: unknown): string[] => {
    project.write({ "config.json": JSON.stringify(config) });
    return judged("preview", "--policy-pack-config", join(project.folder, "config.json"));
  };
  const deny = { "no-denied-packages": { deny: [{ package: "openssl", before: "3.0.15" }] } };

  it("fails the preview of what it refuses, with the resource that it is about", async () => {
    const text = await project.fail(...judged("preview"));
    assert.match(text, /\[mandatory\] +confirmed-changes +\(\S*ProfileActivation: it\)/);
    assert.match(text, /\[mandatory\] +copies-of-builds +\(\S*ClosureCopy: it\)/);
    assert.match(text, /\[mandatory\] +signed-copies +\(\S*ClosureCopy: it\)/);
  });

  it("is configured by a file, as the one that lies beside it", async () => {
    const relaxed = {
      "copies-of-builds": { stacks: [] },
      "signed-copies": { stacks: [] },
      "confirmed-changes": { enforcementLevel: "advisory" },
    };
    assert.match(await project.succeed(...configured(relaxed)), /\[advisory\] +confirmed-changes/);
    const example = JSON.parse(readFileSync(join(folder, "policy-config.json"), "utf8")) as unknown;
    writeFileSync(join(folder, "former.json"), JSON.stringify({ deployment: {} }));
    assert.match(await project.fail(...configured(example)), /\[mandatory\] +confirmed-changes/);
    await project.configure({ copy: "false", confirm: "true" });
  });

  it("judges the packages of a closure in the preview that builds it, and says when it could not", async () => {
    const unjudged = await project.succeed(...configured(deny));
    assert.match(unjudged, /can't run policy 'no-denied-packages'[^]* during preview/);
    await project.configure({ build: "true" });
    assert.match(await project.fail(...configured(deny)), /openssl 1\.1\.1w is denied before 3\.0\.15/);
  });

  it("refuses the activation of what was built only after the preview, before anything is done", async () => {
    await project.configure({ build: "false", text: `${Date.now()} again` });
    const config = ["--policy-pack-config", join(project.folder, "config.json")];
    const text = await project.fail(...judged("up", "--yes", "--skip-preview"), ...config);
    assert.match(text, /openssl 1\.1\.1w is denied before 3\.0\.15/);
    assert.doesNotMatch(text, /ECONNREFUSED/);
  });
});

const program = `
const config = new pulumi.Config();
const connection = { host: "127.0.0.1", port: 1, dialErrorLimit: 1 };
const build = new nix.NixBuild("openssl", {
  file: "openssl.nix",
  // A text that nobody has built yet.
  args: { text: config.require("text") },
  buildOnPreview: config.getBoolean("build") ?? false,
});
new nix.ProfileActivation("it", {
  connection, profile: "it", path: build.outPath, kind: "noop", ...(config.get("confirm") === "false" && { confirm: false }),
});
if (config.getBoolean("copy") ?? false) new nix.ClosureCopy("it", { connection, path: "${path}" });
`;

const openssl = `{ text }: derivation {
  name = "openssl-1.1.1w";
  system = builtins.currentSystem;
  builder = "/bin/sh";
  args = [ "-c" "echo \${text} > $out" ];
}`;
