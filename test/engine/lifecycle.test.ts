import assert from "node:assert/strict";
import { sharedFleet, type Host } from "../fleet";
import { Project } from "./project";

describe("a project run by the real engine", function () {
  let hosts: Host[];
  let project: Project;

  before(async () => {
    hosts = (await sharedFleet({ bookworm: 1, trixie: 1 })).hosts;
    project = await Project.create({ example: "quickstart" });
    await project.configure({ version: "1" });
    await project.configure({ hosts: Object.fromEntries(hosts.map((host) => [host.name, {host: host.address, hostKey: host.hostKey}])) });
    await project.configureSecret("privateKey", hosts[0]!.privateKey);
  });
  after(() => project.remove());

  it("shows exact store paths before anything is built", async () => {
    const text = await project.preview();
    console.log(text);
    assert.match(text, /outPath\s*: "\/nix\/store\/[a-z0-9]{32}-site-1"/);
  });
  it("brings it about", async () => {
    console.log(await project.up());
    console.log(await project.outputs("SystemdUnit::" + hosts[0]!.name), await hosts[0]!.sh("curl -s localhost:8080"));
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

