import assert from "node:assert/strict";
import { sharedFleet, type Host } from "../fleet";
import { Project } from "./project";
import { siteNix } from "./site";

/** Of a name that no other test has brought to the machine. */
const pinnedNix = siteNix.replace('name = "site-', 'name = "pinned-');

const program = (ofBuild: string, ofActivation: string): string => `
const config = new pulumi.Config();
const connection = config.requireObject<any>("connection");
const build = new nix.NixBuild(
  "site",
  { file: "site.nix", args: { version: config.require("version"), builds: "/dev/null" } },
  { ignoreChanges: ${ofBuild} },
);
const copy = new nix.ClosureCopy("web", { connection, path: build.outPath });
new nix.ProfileActivation(
  "web",
  { connection, profile: "pinned", path: copy.path, kind: "noop" },
  { ignoreChanges: ${ofActivation} },
);
`;

describe("ignoreChanges", function () {
  let host: Host;
  let project: Project;

  before(async () => {
    host = (await sharedFleet({ trixie: 1 })).trixie[0] as Host;
    project = await Project.create({ program: program("[]", "[]"), files: { "site.nix": pinnedNix } });
    await project.configure({ version: "1", connection: host.connection() });
    await project.up();
    await project.configure({ version: "2" });
  });
  after(async () => {
    await project.succeed("destroy", "--yes", "--skip-preview");
    await host.sh("rm -f /nix/var/nix/profiles/pinned*");
    await project.remove();
  });

  const active = async (): Promise<string> =>
    /-pinned-(\d+)$/.exec(await host.sh("readlink -f /nix/var/nix/profiles/pinned"))?.[1] ?? "";
  const stored = async (): Promise<string> =>
    host.sh("ls -d /nix/store/*-pinned-? | sed 's/.*-//' | sort | tr '\\n' ' '");

  it('["outPath"] pins a build, and with it all that is made of it', async () => {
    project.program(program('["outPath"]', "[]"));
    await project.succeed("preview", "--expect-no-changes", "--refresh");
    await project.up("--expect-no-changes");
    assert.equal(await active(), "1");
    assert.match(String((await project.outputs("NixBuild::site"))["drvPath"]), /-pinned-1\.drv$/);
  });

  it('["path"] pins a machine: what is newer is copied there, and not activated', async () => {
    project.program(program("[]", '["path"]'));
    await project.up();
    assert.equal(await active(), "1");
    assert.equal(await stored(), "1 2 ");
    await project.up("--refresh", "--expect-no-changes");
  });

  it("taken away, deploys what was held back", async () => {
    project.program(program("[]", "[]"));
    await project.up();
    assert.equal(await active(), "2");
  });
});
