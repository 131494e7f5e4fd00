import assert from "node:assert/strict";
import { sharedFleet, type Host } from "../fleet";
import { Project, projectName } from "./project";
import { siteNix } from "./site";

/** What a reviewer may not know of Pulumi's own options, as far as a machine is concerned. */
describe("Pulumi's options", function () {
  let host: Host;
  let project: Project;

  before(async () => {
    host = (await sharedFleet({ trixie: 1 })).trixie[0] as Host;
    project = await Project.create({ program: program(), files: { "site.nix": siteNix } });
    await project.configure({ version: "1", connection: host.connection() });
    await project.up();
  });
  after(async () => {
    await host.undoFaults();
    await project.succeed("destroy", "--yes", "--skip-preview");
    await host.sh("systemctl disable --now options.service; rm -f /etc/systemd/system/options.service");
    await host.sh("rm -f /nix/var/nix/profiles/options* /nix/var/nix/profiles/renamed*");
    await project.remove();
  });

  /** The version of the page that the profile leads to. */
  const active = async (): Promise<string> =>
    /-site-(\d+)$/.exec(await host.sh("readlink -f /nix/var/nix/profiles/options"))?.[1] ?? "";
  /** What would be seen on the machine if anything were done there. */
  const machine = (): Promise<string> =>
    host.sh(
      "ls -lR --time-style=full-iso /nix/var/nix/profiles /var/lib/pulumi-nix/; " +
        "systemctl show -P InvocationID options.service; cat /etc/systemd/system/options.service",
    );
  const destroyTarget = (name: string): string[] => ["destroy", "--yes", "--skip-preview", "--target", name];

  it("--target alone deploys what the state knows, and with --target-dependents what the program says", async () => {
    await project.configure({ version: "2" });
    await project.up("--target", "**ProfileActivation::web");
    assert.equal(await active(), "1");
    const text = await project.up("--diff", "--target", "**NixBuild::site", "--target-dependents");
    assert.match(text, /path\s*: "\S+-site-1"\s*=> "\S+-site-2"/);
    assert.equal(await active(), "2");
  });

  it("protect refuses a change that would take away a profile for another one", async () => {
    project.program(program({ options: "{ protect: true }" }));
    await project.up();
    project.program(program({ options: "{ protect: true }", profile: "renamed" }));
    assert.match(
      await project.fail("preview"),
      /ProfileActivation::web"\s+as it is currently marked for protection/,
    );
    await project.succeed("state", "unprotect", "--all", "--yes");
  });

  it("retainOnDelete leaves what is on the machine, without a login", async () => {
    project.program(program({ options: "{ retainOnDelete: true }" }));
    await project.up();
    const [logins, before] = [await host.acceptedLogins(), await machine()];
    project.program(program({ without: true }));
    const text = await project.up();
    assert.match(text, /- 2 (deleted|retained)/);
    assert.equal(await host.acceptedLogins(), logins);
    assert.equal(await machine(), before);
    project.program(program());
    await project.up();
    assert.deepEqual([await active(), await host.sh("systemctl is-active options.service")], ["2", "active"]);
  });

  it("a rename without an alias takes over profile and unit, which the old resource leaves alone", async () => {
    project.program(program({ name: "other" }));
    const text = await project.up();
    assert.match(text, /was activated by another resource since: left as it is/);
    assert.match(text, /options\.service on \S+ is no longer ours: it is left as it is/);
    assert.deepEqual([await active(), await host.sh("systemctl is-active options.service")], ["2", "active"]);
    project.program(program());
    await project.up();
  });

  it("aliases rename and move resources without anything being done on the machine", async () => {
    const before = await machine();
    project.program(program({ moved: true }));
    await project.up("--refresh", "--expect-no-changes");
    assert.equal(await machine(), before);
    const moved = `urn:pulumi:dev::${projectName}::my:Web$${type("ProfileActivation")}::www`;
    assert.deepEqual(Object.keys(await project.outputs(moved)).includes("activePath"), true);
    await project.configure({ version: "3" });
    await project.up();
    assert.equal(await active(), "3");
  });

  it("deletedWith asks nothing of a machine that goes with what it stands on", async () => {
    project.program(program({ options: "{ deletedWith: machine }", moved: true }));
    await project.up();
    await host.stopSshd();
    assert.match(
      await project.fail(...destroyTarget("**ProfileActivation::www"), "--target-dependents"),
      /ECONNREFUSED/,
    );
    await project.succeed("destroy", "--yes", "--skip-preview");
    await host.startSshd();
    assert.deepEqual(await project.resources(), []);
    assert.equal(await active(), "3");
  });
});

const type = (name: string): string => `pulumi-nodejs:dynamic/nix:${name}`;

interface Shape {
  readonly options?: string;
  readonly profile?: string;
  readonly name?: string;
  /** Another name, below a component. */
  readonly moved?: boolean;
  /** Without the profile and the unit. */
  readonly without?: boolean;
}

function program({
  options = "{}",
  profile = "options",
  name = "web",
  moved = false,
  without = false,
}: Shape = {}): string {
  return `
const config = new pulumi.Config();
const connection = { ...config.requireObject<any>("connection"), dialErrorLimit: 1 };
const site = new nix.NixBuild("site", {
  file: "site.nix",
  args: { version: config.require("version"), builds: "/dev/null" },
});
// Stands for what makes the machine.
const machine = new nix.NixBuild("machine", {
  expr: 'derivation { name = "machine"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo > $out" ]; }',
});
class Web extends pulumi.ComponentResource {}
const parent = new Web("my:Web", "web");
const aliases = [{ name: "web", parent: pulumi.rootStackResource }];
const options: pulumi.CustomResourceOptions = { ...(${moved} && { parent, aliases }), ...${options} };
const name = ${moved} ? "www" : "${name}";
const copy = new nix.ClosureCopy(name, { connection, path: site.outPath }, options);
if (!${without}) {
  const web = new nix.ProfileActivation(
    name,
    { connection, profile: "${profile}", path: copy.path, kind: "noop" },
    options,
  );
  new nix.SystemdUnit(
    name,
    {
      connection,
      name: "options.service",
      sections: { Service: { ExecStart: "/nix/var/nix/profiles/options/bin/serve 8087" } },
      restartTriggers: [web.path],
      settle: 0.2,
    },
    options,
  );
}
`;
}
