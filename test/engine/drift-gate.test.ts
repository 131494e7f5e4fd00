import assert from "node:assert/strict";
import { sharedFleet, type Host } from "../fleet";
import { Project } from "./project";
import { configureHosts, siteNix } from "./site";

const program = `
const build = new nix.NixBuild("site", { file: "site.nix", args: { version: "1", builds: "/dev/null" } });
const hosts = new pulumi.Config().requireObject<Record<string, nix.Connection>>("hosts");
for (const [name, known] of Object.entries(hosts)) {
  const connection = { ...known, dialErrorLimit: 1 };
  const copy = new nix.ClosureCopy(name, { connection, path: build.outPath });
  new nix.ProfileActivation(name, { connection, profile: "gate", path: copy.path, kind: "noop", onDestroy: "remove" });
}
`;

describe("a drift gate: a preview that expects no changes", function () {
  let hosts: [Host, Host];
  let project: Project;

  before(async () => {
    hosts = (await sharedFleet({ bookworm: 1, trixie: 1 })).hosts as [Host, Host];
    const yaml = "name: test\nruntime: nodejs\noptions:\n  refresh: always\n";
    project = await Project.create({ program, files: { "site.nix": siteNix, "Pulumi.yaml": yaml } });
    await configureHosts(project, hosts);
    await project.up();
  });
  after(async () => {
    for (const host of hosts) await host.undoFaults();
    await project.succeed("destroy", "--yes", "--skip-preview");
    await project.remove();
  });

  const gate = ["preview", "--expect-no-changes"];
  const notRead = (host: Host): RegExp =>
    new RegExp(`ProfileActivation \\(${host.name}\\):\\n\\s+warning: not read, its state is kept as it was`);

  it("is open when nobody has changed anything", async () => {
    assert.doesNotMatch(await project.succeed(...gate), /not read/);
  });

  it("is closed by what was done by hand, and names the machine, what is there and what should be", async () => {
    const other = await hosts[0].sh("nix-store --add /etc/hostname");
    await hosts[0].sh(`nix-env --profile /nix/var/nix/profiles/gate --set ${other}`);
    const text = await project.fail(...gate, "--diff");
    assert.match(text, new RegExp(`urn=\\S+ProfileActivation::${hosts[0].name}\\]`));
    assert.match(text, new RegExp(`path\\s*: "[^"]*${other}" => "/nix/store/\\S+-site-1"`));
  });

  it("is closed by that also when nothing else is looked at", async () => {
    const activation = (await project.resources()).find(({ urn }) =>
      urn.endsWith(`ProfileActivation::${hosts[0].name}`),
    );
    const text = await project.fail(...gate, "--diff", "--target", String(activation?.urn));
    assert.match(text, /path\s*: "[^"]*-hostname" => "\/nix\/store\/\S+-site-1"/);
  });

  it("marks a machine that is down, and is still closed by another one's drift", async () => {
    await hosts[1].stopSshd();
    const text = await project.fail(...gate);
    assert.match(text, notRead(hosts[1]));
    assert.match(text, new RegExp(`~ +\\S+ProfileActivation +${hosts[0].name} +update`));
  });

  it("is open when all that can be seen is as it should be: what is down is marked, not changed", async () => {
    await hosts[0].sh("nix-env --profile /nix/var/nix/profiles/gate --switch-generation 1");
    assert.match(await project.succeed(...gate), notRead(hosts[1]));
  });
});
