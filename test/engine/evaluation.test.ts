import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { oneWorker } from "../nix/counting";
import { diagnostics, saidOf } from "./diagnostics";
import { Project } from "./project";

/** Two files, an expression and two outputs of a flake: two processes, as flakes are evaluated purely. */
const program = `
const outPath = (name: string, args: nix.NixBuildArgs) => new nix.NixBuild(name, args).outPath;
const make = (name: string) => \`derivation { name = "\${name}"; system = builtins.currentSystem; builder = "/bin/sh";
  args = [ "-c" "echo \${name} > $out" ]; }\`;
export const paths = [
  outPath("one", { file: "files/builds.nix", attr: "one" }),
  outPath("two", { file: "files/builds.nix", attr: "two" }),
  outPath("three", { expr: make("three") }),
  outPath("four", { flake: "./flake#four" }),
  outPath("five", { flake: "./flake#five" }),
];
`;

const builds = `{ system ? builtins.currentSystem }: {
  one = derivation { name = "one"; inherit system; builder = "/bin/sh"; args = [ "-c" "echo one > $out" ]; };
  two = derivation { name = "two"; inherit system; builder = "/bin/sh"; args = [ "-c" "echo two > $out" ]; };
}`;

const flake = `{ outputs = { self }: with (import ./builds.nix { system = "x86_64-linux"; }); {
  packages.x86_64-linux = { four = one; five = two; };
}; }`;

describe("the builds of a program", () => {
  let project: Project;

  before(async () => {
    project = await Project.create({ program });
    for (const folder of ["flake", "files", "bin"]) mkdirSync(join(project.folder, folder));
    project.write({ "flake/flake.nix": flake, "flake/builds.nix": builds, "files/builds.nix": builds });
    countEvaluations();
  });
  after(async () => {
    await project.succeed("destroy", "--yes", "--skip-preview");
    await project.remove();
  });
  beforeEach(() => rmSync(log(), { force: true }));

  /** Puts a Nix that writes down each evaluation before the real one. */
  const countEvaluations = (): void => {
    const environment = project.environment();
    const inherited = String(environment["PATH"]);
    const counting = `#!/bin/sh
case $1 in --eval) echo "$*" >>'${log()}' ;; esac
PATH='${inherited}' exec nix-instantiate "$@"
`;
    writeFileSync(join(project.folder, "bin/nix-instantiate"), counting, { mode: 0o755 });
    project.environment = () => ({
      ...environment,
      ...oneWorker,
      PATH: `${join(project.folder, "bin")}:${inherited}`,
    });
  };
  const log = (): string => join(project.folder, "evaluations.log");
  const evaluations = (): number =>
    existsSync(log()) ? readFileSync(log(), "utf8").split("\n").length - 1 : 0;

  it("are evaluated together, and once for preview and update", async () => {
    await project.succeed("up", "--yes");
    assert.equal(evaluations(), 2);
  });

  it("are not evaluated again as long as nothing that they depend on changes", async () => {
    await project.succeed("up", "--yes");
    assert.equal(evaluations(), 0);
    project.write({ "flake/builds.nix": builds.replaceAll("echo", "echo again") });
    await project.succeed("up", "--yes");
    assert.equal(evaluations(), 1);
  });

  it("show how far they are, and what Nix says of each with that one", async () => {
    const expr = `builtins.trace "evaluation warning: it is old"
      (derivation { name = "six"; system = builtins.currentSystem; builder = "/bin/sh"; })`;
    project.program(`new nix.NixBuild("six", { expr: ${JSON.stringify(expr)} });`);
    for (const count of [1, 0]) {
      const outcome = await project.pulumi("preview");
      assert.equal(evaluations(), 1);
      const said = diagnostics(outcome);
      assert.deepEqual([...said.keys()], ["six"]);
      assert.match(saidOf(said, "six"), /^warning: it is old$/m);
      assert.equal(outcome.stdout.includes("evaluating 1 of 1: six"), count === 1);
    }
    const { steps, diagnostics: told } = JSON.parse(await project.succeed("preview", "--json")) as {
      steps: { newState?: { inputs?: object } }[];
      diagnostics: { message: string }[];
    };
    assert.deepEqual(told.map(({ message }) => message).sort(), [
      "warning: it is old\n",
      "would build 1 derivation: six\n",
    ]);
    assert.ok(steps.every(({ newState }) => !("__program" in (newState?.inputs ?? {}))));
  });

  it("that are no targets stop nothing, whatever is wrong with them", async () => {
    const { outPath } = await project.outputs("NixBuild::one");
    const good = `derivation { name = "good"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo good > $out" ]; }`;
    const wrong = `{ expr: 'throw "the reason"' }`;
    project.program(`
      new nix.NixBuild("good", { expr: ${JSON.stringify(good)} });
      new nix.NixBuild("one", ${wrong});
      const { outPath: path } = new nix.NixBuild("new", ${wrong});
      new nix.ClosureCopy("new", { connection: { local: true }, path });
    `);
    assert.match(await project.fail("preview"), /the reason/);
    assert.doesNotMatch(await project.up("--target", "**NixBuild::good"), /the reason/);
    assert.match(String((await project.outputs("NixBuild::good"))["outPath"]), /-good$/);
    assert.equal((await project.outputs("NixBuild::one"))["outPath"], outPath);
    assert.ok((await project.resources()).every(({ urn }) => !urn.endsWith("::new")));
  });

  it("that fail are all named by the one that the engine stops at", async () => {
    project.program(`
      new nix.NixBuild("first", { expr: 'throw "one reason"' });
      new nix.NixBuild("good", { file: "files/builds.nix", attr: "one" });
      new nix.NixBuild("second", { file: "files/builds.nix", attr: "nine" });
      for (let more = 0; more < 12; more++) new nix.NixBuild("more" + more, { expr: 'abort "another"' });
    `);
    const said = await project.fail("preview");
    assert.match(said, /one reason/);
    assert.match(said, /attribute 'nine' not found at the top/);
    assert.match(said, /^ *What else could not be evaluated:$/m);
    assert.match(said, /^ *(first: one reason|second: attribute 'nine' not found)/m);
    assert.match(said, /^ *and 3 more$/m);
    assert.doesNotMatch(said, /^ *good:/m);
  });

  it("are refused a secret in whichever input holds it", async () => {
    for (const [property, more] of [
      ["expr", `expr: pulumi.secret("1")`],
      ["nixOptions", `expr: "1", nixOptions: { cores: pulumi.secret("1") }`],
      ["args", `expr: "1", args: { deep: { er: pulumi.secret("1") } }`],
    ]) {
      project.program(`new nix.NixBuild("it", { ${more} });`);
      assert.match(await project.fail("preview"), new RegExp(`\\b${property}\\b.* holds a secret`));
    }
    assert.equal(evaluations(), 0);
  });
});
