import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../fleet/script";
import { InstalledPackage } from "./installed-package";

const classes = [
  ...["NixBuild", "BinaryCache", "ClosureCopy", "HostGarbageCollection"],
  ...["ProfileActivation", "SigningKey", "SystemdUnit"],
];
const handler = "check create delete diff read update";

describe("the package that npm publishes", () => {
  let installed: InstalledPackage;

  before(async () => {
    installed = await InstalledPackage.create();
  });
  after(() => installed.remove());

  it("holds the compiled code with its types, the programs for hosts, and the papers", () => {
    const strange = installed.files.filter((file) => !isExpected(file));
    assert.deepEqual(strange, []);
    for (const file of [
      "README.md",
      "LICENSE",
      "CHANGELOG.md",
      "package.json",
      "dist/provider/nix/evaluate.nix",
    ]) {
      assert.ok(installed.files.includes(file), file);
    }
  });

  it("has types for each module and each program that the code loads", () => {
    const files = new Set(installed.files);
    const modules = installed.files.filter((file) => file.endsWith(".js"));
    for (const file of modules) {
      assert.ok(files.has(file.replace(/\.js$/, ".d.ts")), `types of ${file}`);
      const text = readFileSync(join(installed.folder, "node_modules/pulumi-nix", file), "utf8");
      for (const [, name] of text.matchAll(/__dirname, "([^"]+\.(?:sh|nix))"/g)) {
        assert.ok(files.has(join(file, "..", name as string)), `${file} loads ${name}`);
      }
    }
  });

  it("names no folder of the machine that packed it", () => {
    for (const file of installed.files) {
      const text = readFileSync(join(installed.folder, "node_modules/pulumi-nix", file), "utf8");
      assert.ok(!text.includes(checkout), file);
    }
  });

  it("runs from a CommonJS program, with every handler that a state may name", async () => {
    const seen = JSON.parse(await installed.node("commonjs.cjs")) as Record<string, unknown>;
    assert.deepEqual(seen, {
      classes,
      version: "0.1.0",
      handlers: {
        nixBuild: handler,
        closureCopy: handler,
        profileActivation: handler,
        systemdUnit: handler,
        hostGarbageCollection: handler,
        signingKey: handler,
        binaryCache: handler,
      },
    });
  });

  it("runs from an ES module, which imports its classes by name", async () => {
    const seen = JSON.parse(await installed.node("module.mjs")) as { handler: string[] };
    assert.deepEqual({ ...seen, handler: seen.handler.sort().join(" ") }, { classes, handler });
  });

  it("brings a command, which npx finds", async () => {
    const { code, stdout, stderr } = await installed.npx("pulumi-nix", "--help");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^ {2}history HOST \[ID\]/m);
  });

  const nodenext = { module: "nodenext", moduleResolution: "nodenext", esModuleInterop: true };
  const bundler = { module: "esnext", moduleResolution: "bundler" };
  for (const [name, type, settings] of [
    ["a CommonJS program", "commonjs", nodenext],
    ["an ES module", "module", nodenext],
    ["a bundler's program", "module", bundler],
  ] as const) {
    it(`has types that hold in ${name}, also for a connection of pulumi-command's`, async () => {
      const { code, stdout } = await installed.compile(type, { ...settings, skipLibCheck: true });
      assert.equal(code, 0, stdout);
    });
  }

  it("has types that hold in every program that its README shows", async () => {
    const files = installed.readmePrograms();
    assert.ok(files.length >= 2, files.join());
    const { code, stdout } = await installed.compile("commonjs", { ...nodenext, skipLibCheck: true }, files);
    assert.equal(code, 0, stdout);
  });
});

function isExpected(file: string): boolean {
  if (["README.md", "LICENSE", "CHANGELOG.md", "package.json"].includes(file)) return true;
  return (
    /^dist\/(sdk|provider|cli)\/([a-z0-9-]+\/)?[a-z0-9-]+(\.js|\.d\.ts)$/.test(file) ||
    /^dist\/provider\/[a-z0-9-]+\/[a-z0-9-]+\.(sh|nix)$/.test(file)
  );
}
