import assert from "node:assert/strict";
import { sharedFleet, type Host } from "../fleet";
import { Project } from "./project";

describe("a project run by the real engine", function () {
  let hosts: Host[];
  let project: Project;

  before(async () => {
    hosts = (await sharedFleet({ bookworm: 1, trixie: 1 })).hosts;
    project = await Project.create({ program });
    project.write({ "site.nix": site });
    await project.configure({ version: "1" });
    await project.configure({ hosts: hosts.map((host) => host.connection({})) });
  });
  after(() => project.remove());

  it("shows exact store paths before anything is built", async () => {
    const text = await project.preview();
    console.log(text);
    assert.match(text, /outPath\s*: "\/nix\/store\/[a-z0-9]{32}-site-1"/);
  });
  it("brings it about", async () => {
    console.log(await project.up());
    console.log(await project.outputs("h0"));
  });
  it("finds nothing to do", async () => {
    console.log(await project.up("--expect-no-changes"));
  });
  it("refresh", async () => {
    console.log(await project.succeed("refresh", "--yes", "--skip-preview", "--expect-no-changes"));
  });
  it("destroys", async () => {
    console.log(await project.succeed("destroy", "--yes", "--skip-preview"));
  });
});

const program = `
const config = new pulumi.Config();
const build = new nix.NixBuild("site", { file: "site.nix", args: { version: config.require("version") } });
for (const [index, connection] of config.requireObject<any[]>("hosts").entries()) {
  const copy = new nix.ClosureCopy("h" + index, { connection, path: build.outPath });
  new nix.ProfileActivation("h" + index, { connection, profile: "site", path: copy.path, kind: "noop" });
}
`;
const site = `{ version }: derivation { name = "site-\${version}"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo \${version} > $out" ]; }`;
