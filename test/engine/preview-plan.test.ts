import assert from "node:assert/strict";
import { environment, run, sharedFleet, type Host } from "../fleet";
import { Project } from "./project";

/** Whether it builds in a preview is told by CI, as it is by default. */
const program = `
process.env["CI"] = require("node:fs").readFileSync("ci", "utf8");
const config = new pulumi.Config();
const version = config.require("version");
const build = new nix.NixBuild("site", {
  file: "site.nix",
  args: { version, salt: config.require("salt") },
});
const connection = config.requireObject<any>("connection");
const copy = new nix.ClosureCopy("site", { connection, path: build.outPath });
new nix.ProfileActivation("site", { connection, profile: "plan-test", path: copy.path, kind: "noop", onDestroy: "remove" });
`;

const siteNix = `{ version, salt }: derivation { name = "site-\${version}"; inherit salt; system = builtins.currentSystem;
  builder = "/bin/sh"; args = [ "-c" "echo $salt > $out" ]; }`;

describe("an update by the plan of a preview", function () {
  let host: Host;
  let project: Project;

  before(async () => {
    host = (await sharedFleet({ trixie: 1 })).trixie[0] as Host;
    project = await Project.create({ program, files: { ci: "false", "site.nix": siteNix } });
    await project.configure({ connection: host.connection(), salt: `${process.pid}-${Date.now()}` });
  });
  after(async () => {
    await project.succeed("destroy", "--yes", "--skip-preview");
    await project.remove();
  });

  const planned = async (version: string, ci: string): Promise<void> => {
    await project.configure({ version });
    project.write({ ci });
    await project.succeed("preview", "--save-plan", "plan.json");
  };
  const packages = async (): Promise<unknown> =>
    (await project.outputs("ProfileActivation::site"))["packages"];

  it("is carried out when the preview did not know what the build would hold, first and later", async () => {
    for (const version of ["1", "2"]) {
      await planned(version, "false");
      await project.up("--plan", "plan.json");
      assert.deepEqual(await packages(), { site: version });
    }
  });

  it("is carried out when the preview and the update both built it", async () => {
    await planned("3", "true");
    await project.up("--plan", "plan.json");
    assert.deepEqual(await packages(), { site: "3" });
  });

  it("is carried out when only the update knows what is built", async () => {
    await planned("4", "false");
    project.write({ ci: "true" });
    await project.up("--plan", "plan.json");
    assert.deepEqual(await packages(), { site: "4" });
  });

  it("is refused when only the preview has built it: the update cannot know that it is the same", async () => {
    await planned("5", "true");
    const path = /"outPath": "(\S+)"/.exec(project.read("plan.json"))?.[1] ?? "";
    const gone = await run([
      "env",
      `NIX_CONFIG=${environment()["NIX_CONFIG"] ?? ""}`,
      "nix-store",
      "--delete",
      path,
    ]);
    assert.equal(gone.code, 0, gone.stderr);
    project.write({ ci: "false" });
    const text = await project.fail("up", "--yes", "--skip-preview", "--plan", "plan.json");
    assert.match(text, /violates plan: properties changed: .*packages/);
    assert.deepEqual(await packages(), { site: "4" });
    project.write({ ci: "true" });
    await project.up("--plan", "plan.json");
    assert.deepEqual(await packages(), { site: "5" });
  });
});
