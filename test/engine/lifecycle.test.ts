import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { environment, run, sharedFleet, type Host } from "../fleet";
import { faultsNix, freshVersion } from "./faults";
import { Project } from "./project";
import { configureHosts, page, siteNix, siteProgram } from "./site";

/** On a host: what began and ended. */
const orderLog = "/root/order.log";

describe("the main job, by the real engine on bookworm and trixie hosts at once", function () {
  let hosts: Host[];
  let project: Project;
  let first: string;

  before(async () => {
    hosts = (await sharedFleet({ bookworm: 1, trixie: 1 })).hosts;
    project = await Project.create({ program: siteProgram, files: { "site.nix": siteNix } });
    await project.configure({ version: "1" });
    await configureHosts(project, hosts);
  });
  after(() => project.remove());

  const builds = (): string[] => readFileSync(join(project.folder, "builds.log"), "utf8").trim().split("\n");
  const generation = async (host: Host): Promise<string> => host.sh("readlink /nix/var/nix/profiles/site");

  it("a preview shows exact store paths and builds nothing", async () => {
    const text = await project.preview();
    first = /outPath\s*: "(\/nix\/store\/[a-z0-9]{32}-site-1)"/.exec(text)?.[1] ?? "";
    assert.notEqual(first, "", text);
    // The build, two copies, two activations: each names the path.
    assert.equal(text.split(`path           : "${first}"`).length - 1, 2, text);
    assert.equal(existsSync(join(project.folder, "builds.log")), false);
    assert.equal(existsSync(first), false);
  });

  it("up builds, copies, activates and starts", async () => {
    await project.up();
    for (const host of hosts) {
      assert.equal(await page(host), "version 1");
      assert.equal(await host.sh("readlink -f /nix/var/nix/profiles/site"), first);
      assert.equal(await generation(host), "site-1-link");
    }
    assert.deepEqual(builds(), ["1"]);
    const ours = (await project.resources()).filter(({ type }) => type.includes(":dynamic/nix:"));
    for (const { sourcePosition } of ours) assert.match(sourcePosition ?? "", /^project:\/\/\/index\.js#/);
  });

  it("a second up changes nothing, without a login", async () => {
    const before = await Promise.all(hosts.map((host) => host.acceptedLogins()));
    await project.up("--expect-no-changes");
    assert.deepEqual(await Promise.all(hosts.map((host) => host.acceptedLogins())), before);
  });

  it("a preview of version 2 shows the old and the new path", async () => {
    await project.configure({ version: "2" });
    const text = await project.preview();
    assert.match(text, new RegExp(`~ outPath\\s*: "${first}" => "/nix/store/[a-z0-9]{32}-site-2"`));
    for (const _host of hosts) assert.match(text, new RegExp(`~ path\\s*: "${first}"`));
    assert.doesNotMatch(text, /replace/);
  });

  it("an update takes one login a host, and one to confirm the unit's restart", async () => {
    const before = await Promise.all(hosts.map((host) => host.acceptedLogins()));
    await project.up();
    const after = await Promise.all(hosts.map((host) => host.acceptedLogins()));
    assert.deepEqual(
      after,
      before.map((count) => count + 2),
    );
    for (const host of hosts) assert.equal(await page(host), "version 2");
    assert.deepEqual(builds(), ["1", "2"]);
  });

  it("a revert takes the same generation, builds nothing and copies nothing", async () => {
    const registered = await Promise.all(hosts.map((host) => registration(host, first)));
    await project.configure({ version: "1" });
    await project.up();
    for (const host of hosts) {
      assert.equal(await page(host), "version 1");
      assert.equal(await generation(host), "site-1-link");
    }
    assert.deepEqual(builds(), ["1", "2"]);
    assert.deepEqual(await Promise.all(hosts.map((host) => registration(host, first))), registered);
    const state = await project.outputs(`ProfileActivation::${hosts[0]?.name}`);
    assert.equal(state["generation"], 1);
    assert.match(String(state["previousPath"]), /-site-2$/);
  });

  it("a refresh shows what was changed by hand of each resource, and up repairs it", async () => {
    const [bookworm, trixie] = hosts as [Host, Host];
    const build = await project.outputs("NixBuild::site");
    const ids = await Promise.all(["NixBuild::site"].map((name) => idOf(project, name)));
    rmSync(join("/var/lib/pulumi-nix/roots", ids[0] ?? ""), { recursive: true });
    await bookworm.sh("systemctl disable --now site.service");
    await trixie.sh("systemctl stop site.service");
    await deleteHere(String(build["outPath"]));
    await trixie.sh("nix-env -p /nix/var/nix/profiles/site --switch-generation 2");
    await trixie.sh(`rm /var/lib/pulumi-nix/roots/${await idOf(project, `ClosureCopy::${trixie.name}`)}/*`);

    const text = await project.preview("--refresh");
    assert.match(text, new RegExp(`outPath\\s*: "missing: ${first}" => "${first}"`));
    assert.match(text, new RegExp(`path\\s*: "/nix/store/[a-z0-9]{32}-site-2" => "${first}"`));
    assert.match(text, new RegExp(`path: "unprotected: ${first}" => "${first}"`));
    assert.match(text, /state\s*: "stopped" => "started"/);
    assert.match(text, /enabled\s*: false => true/);

    await project.up("--refresh");
    for (const host of hosts) assert.equal(await page(host), "version 1");
    assert.equal(await generation(trixie), "site-1-link");
    assert.equal(await bookworm.sh("systemctl is-enabled site.service"), "enabled");
    assert.equal(existsSync(first), true);
    await project.up("--refresh", "--expect-no-changes");
  });

  it("an ordinary up with `refresh: always` takes a login a host to preview, one to update, and one to confirm", async () => {
    const logins = (): Promise<number[]> => Promise.all(hosts.map((host) => host.acceptedLogins()));
    project.write({ "Pulumi.yaml": `${project.read("Pulumi.yaml")}options:\n  refresh: always\n` });
    const before = await logins();
    await project.succeed("up", "--yes", "--expect-no-changes");
    const between = await logins();
    assert.deepEqual(
      between,
      before.map((count) => count + 2),
    );
    project.program(siteProgram.replace("Service: {", 'Unit: { Description: "a site" }, Service: {'));
    await project.succeed("up", "--yes");
    assert.deepEqual(
      await logins(),
      between.map((count) => count + 3),
    );
  });

  it("destroy takes away what was made and leaves the profile", async () => {
    await project.succeed("destroy", "--yes", "--skip-preview");
    for (const host of hosts) {
      assert.equal((await host.trySh("systemctl cat site.service")).code, 1);
      assert.equal(await host.sh("readlink -f /nix/var/nix/profiles/site"), first);
      // Of others' refused activations there may be records.
      const ours =
        "cd /var/lib/pulumi-nix; ls -d roots/* profiles/site-* units/*site* lock 2>/dev/null || true";
      assert.equal(await host.sh(ours), "");
      await host.sh("rm -rf /nix/var/nix/profiles/site*");
    }
    assert.deepEqual(await project.resources(), []);
  });
});

describe("the main job on eight hosts in parallel", function () {
  let project: Project;
  let hosts: Host[];

  before(async () => {
    hosts = (await sharedFleet({ bookworm: 4, trixie: 4 })).hosts;
    project = await Project.create({ program: siteProgram, files: { "site.nix": siteNix } });
    await project.configure({ version: "8" });
    await configureHosts(project, hosts);
  });
  after(() => project.remove());

  it("one login each, and one to confirm the unit, brings it to all", async () => {
    const before = await Promise.all(hosts.map((host) => host.acceptedLogins()));
    await project.up();
    for (const host of hosts) assert.equal(await page(host), "version 8");
    const after = await Promise.all(hosts.map((host) => host.acceptedLogins()));
    assert.deepEqual(
      after,
      before.map((count) => count + 2),
    );
  });

  it("changes nothing the second time", async () => {
    await project.up("--expect-no-changes");
  });

  it("destroy leaves no unit, with one login each", async () => {
    const before = await Promise.all(hosts.map((host) => host.acceptedLogins()));
    await project.succeed("destroy", "--yes", "--skip-preview");
    for (const [index, host] of hosts.entries()) {
      assert.equal((await host.acceptedLogins()) - (before[index] ?? 0), 1);
      assert.equal((await host.trySh("systemctl cat site.service")).code, 1);
      await host.sh("rm -rf /nix/var/nix/profiles/site*");
    }
  });
});

/** Of each profile the copy comes in the opposite order, so that the last one could be activated first. */
const orderedProgram = `
interface Values { v: string; connection: nix.Connection; order: string[] }
const { v, connection, order } = new pulumi.Config().requireObject<Values>("values");
const build = (name: string): nix.NixBuild => {
  const script = ["begin", "end"].map((word) => "echo " + word + " " + name + " >>${orderLog}").join("; ");
  return new nix.NixBuild(name, { file: "faults.nix", attr: "activation", args: { v: name + "-" + v, script } });
};
const copies: Record<string, nix.ClosureCopy> = {};
let dependsOn: pulumi.Resource[] = [];
for (const name of [...order].reverse()) {
  copies[name] = new nix.ClosureCopy(name, { connection, path: build(name).outPath }, { dependsOn });
  dependsOn = [copies[name]];
}
dependsOn = [];
for (const name of order) {
  const inputs = { connection, profile: "order-" + name, path: copies[name].path, confirm: false as const };
  dependsOn = [new nix.ProfileActivation(name, inputs, { dependsOn })];
}
`;

describe("several profiles on one host", function () {
  let host: Host;
  let project: Project;

  before(async () => {
    host = (await sharedFleet({ trixie: 1 })).trixie[0] as Host;
    project = await Project.create({ program: orderedProgram, files: { "faults.nix": faultsNix } });
  });
  after(async () => {
    await project.succeed("destroy", "--yes", "--skip-preview");
    await host.sh(`rm -f ${orderLog} /nix/var/nix/profiles/order-*`);
    await project.remove();
  });

  for (const order of [
    ["one", "two"],
    ["two", "one"],
  ])
    it(`are activated one after the other, in the order of dependsOn: ${order.join(", ")}`, async () => {
      await host.sh(`rm -f ${orderLog}`);
      await project.configure({ values: { v: freshVersion(), connection: host.connection({}), order } });
      const logins = await host.acceptedLogins();
      await project.up();
      assert.equal((await host.acceptedLogins()) - logins, 1, "nothing is confirmed");
      const lines = order.flatMap((name) => [`begin ${name}`, `end ${name}`]);
      assert.deepEqual((await host.sh(`cat ${orderLog}`)).split("\n"), lines);
    });
});

/** When the path came into the host's store: a copy that sent it again would make it newer. */
function registration(host: Host, path: string): Promise<string> {
  const json = `nix --extra-experimental-features nix-command path-info --json ${path}`;
  return host.sh(`${json} | grep -o 'registrationTime[^,}]*'`);
}

async function idOf(project: Project, name: string): Promise<string> {
  return (await project.resources()).find(({ urn }) => urn.endsWith(name))?.id ?? "";
}

/** Nothing may run from it: the hosts' processes are this machine's too, and its collector sees them. */
async function deleteHere(path: string): Promise<void> {
  const outcome = await run([
    "env",
    `NIX_CONFIG=${environment()["NIX_CONFIG"] ?? ""}`,
    "nix-store",
    "--delete",
    path,
  ]);
  assert.equal(outcome.code, 0, outcome.stderr);
}
