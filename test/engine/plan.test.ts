import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { sharedFleet, type Host } from "../fleet";
import { Project } from "./project";

const program = `
const config = new pulumi.Config();
const connection = { ...config.requireObject<any>("connection"), privateKey: config.requireSecret("privateKey") };
const build = new nix.NixBuild("page", { file: "page.nix" });
const copy = new nix.ClosureCopy("web", { connection, path: build.outPath });
new nix.ProfileActivation("web", { connection, profile: "reviewed", path: copy.path, kind: "noop" });
export const path = build.outPath;
`;

const began = Date.now();

/** Nobody has built it yet, in an earlier run neither. */
const page = (text: string): string => `derivation {
  name = "reviewed-${text}";
  made = "${began}";
  system = builtins.currentSystem;
  builder = "/bin/sh";
  args = [ "-c" "echo $name > $out" ];
}`;

/** "What was reviewed is what happens": the engine holds an update to the plan that a preview has saved. */
describe("a plan that was saved by the reviewed preview", function () {
  let host: Host;
  let project: Project;

  before(async () => {
    host = (await sharedFleet({ trixie: 1 })).trixie[0] as Host;
    const yaml = "name: test\nruntime: nodejs\noptions:\n  refresh: always\n";
    project = await Project.create({ program, files: { "page.nix": page("one"), "Pulumi.yaml": yaml } });
    project.variables = { PULUMI_EXPERIMENTAL: "1" };
    const { privateKey, ...connection } = host.connection() as { privateKey: string };
    await project.configure({ connection });
    await project.configureSecret("privateKey", privateKey);
  });
  after(async () => {
    await project.succeed("destroy", "--yes", "--skip-preview");
    await host.sh("rm -f /nix/var/nix/profiles/reviewed*");
    await project.remove();
  });

  const active = (): Promise<string> => host.sh("readlink -f /nix/var/nix/profiles/reviewed");
  const review = async (): Promise<string> => {
    const text = await project.preview("--save-plan", "plan.json");
    return /"(\/nix\/store\/\S+-reviewed-\w+)"\n/.exec(text)?.[1] ?? "";
  };

  it("is applied as it was, although nothing was built for it", async () => {
    const path = await review();
    assert.match(path, /-reviewed-one$/);
    assert.equal(existsSync(path), false);
    await project.up("--plan", "plan.json");
    assert.equal(await active(), path);
  });

  it("holds no key", () => {
    const lines = host.privateKey.split("\n").filter((line) => line.length > 40);
    assert.ok(lines.length > 0);
    for (const line of lines) assert.ok(!project.read("plan.json").includes(line));
  });

  it("refuses a source that has changed since, before anything is done", async () => {
    project.write({ "page.nix": page("two") });
    assert.match(await review(), /-reviewed-two$/);
    project.write({ "page.nix": page("three") });
    const text = await project.fail("up", "--yes", "--skip-preview", "--plan", "plan.json");
    assert.match(text, /violates plan.*outPath\[\{\S+-reviewed-two\}!=\{\S+-reviewed-three\}\]/);
    assert.match(await active(), /-reviewed-one$/);
  });

  it("is applied when the source is again what was reviewed", async () => {
    project.write({ "page.nix": page("two") });
    await project.up("--plan", "plan.json");
    assert.match(await active(), /-reviewed-two$/);
  });

  it("refuses to put right what somebody did to the machine since, which nobody has reviewed", async () => {
    await project.preview("--save-plan", "plan.json");
    await host.sh("nix-env --profile /nix/var/nix/profiles/reviewed --switch-generation 1");
    const text = await project.fail("up", "--yes", "--skip-preview", "--plan", "plan.json");
    assert.match(text, /violates plan|is not allowed by the plan/);
    assert.match(await active(), /-reviewed-one$/);
  });
});
