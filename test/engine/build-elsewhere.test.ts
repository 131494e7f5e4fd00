import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { sharedFleet, type Host } from "../fleet";
import { freshVersion } from "./faults";
import { Project } from "./project";

const pageNix = `
{ v, script ? "" }:
derivation {
  name = "page-\${v}-1.0";
  system = builtins.currentSystem;
  builder = "/bin/sh";
  PATH = "/usr/bin:/bin";
  args = [ "-ec" "mkdir $out; cat /etc/machine-id > $out/where; \${script}" ];
}`;

const program = `
interface Values { v: string; script?: string; fetch?: boolean; builder: nix.Connection; hosts: Record<string, nix.Connection> }
const { v, script, fetch, builder, hosts } = new pulumi.Config().requireObject<Values>("values");
const page = new nix.NixBuild("page", {
  file: "page.nix", args: { v, ...(script && { script }) }, buildOn: builder, fetch,
});
for (const [name, connection] of Object.entries(hosts)) {
  const copy = new nix.ClosureCopy(name, { connection, path: page.outPath });
  new nix.ProfileActivation(name, { connection, path: copy.path, profile: "elsewhere", kind: "noop", onDestroy: "remove" });
}
export const { builtOn, packages, outPath } = page;
`;

describe("a program that builds on a machine of its own", function () {
  let hosts: Host[];
  let builder: Host;
  let other: Host;
  let project: Project;
  const versions = ["a", "b", "c"].map((letter) => `${letter}${freshVersion()}`);

  before(async () => {
    hosts = (await sharedFleet({ bookworm: 1, trixie: 1 })).hosts;
    [other, builder] = hosts as [Host, Host];
    project = await Project.create({ program, files: { "page.nix": pageNix } });
    await configure({ v: versions[0], builder });
  });
  after(() => project.remove());

  const configure = ({
    builder: on,
    ...more
  }: {
    v?: string | undefined;
    builder: Host;
    script?: string;
  }): Promise<void> =>
    project.configure({
      values: {
        v: versions[0],
        ...more,
        builder: on.connection(),
        hosts: Object.fromEntries(hosts.map((host) => [host.name, host.connection()])),
      },
    });
  const rootsOn = (host: Host): Promise<string> =>
    host.sh("ls -d /var/lib/pulumi-nix/roots/page-*/* 2>/dev/null | sed 's/.*-page-/page-/' || true");
  const served = (): Promise<string[]> =>
    Promise.all(hosts.map((host) => host.sh("cat /nix/var/nix/profiles/elsewhere/where")));
  const idOf = (host: Host): Promise<string> => host.sh("cat /etc/machine-id");

  it("says in a preview what would be built where, and builds nothing", async () => {
    const text = await project.succeed("preview");
    assert.match(text, new RegExp(`would be built on ${builder.address}`));
    assert.equal(await builder.sh(`ls /nix/store | grep -c -- '-page-${versions[0]}' || true`), "0");
  });

  it("builds there, brings it from there to all machines, and has none of it here", async () => {
    await project.up();
    assert.deepEqual(await served(), [await idOf(builder), await idOf(builder)]);
    const page = await project.outputs("NixBuild::page");
    assert.equal(page["builtOn"], builder.address);
    assert.deepEqual(page["packages"], { [`page-${versions[0]}`]: "1.0" });
    assert.equal(existsSync(String(page["outPath"])), false);
    assert.equal(await rootsOn(builder), `page-${versions[0]}-1.0`);
    await project.up("--expect-no-changes");
    await project.up("--refresh", "--expect-no-changes");
  });

  it("shows the next version, and keeps the last one protected there", async () => {
    await configure({ v: versions[1], builder });
    const text = await project.preview();
    assert.match(
      text,
      new RegExp(`~ outPath\\s*: "\\S+-page-${versions[0]}-1.0" => "\\S+-page-${versions[1]}-1.0"`),
    );
    await project.up();
    assert.equal((await rootsOn(builder)).split("\n").length, 2);
  });

  it("tells what a build there said when it fails, and touches no machine", async () => {
    await configure({ v: versions[2], builder, script: "echo the reason; exit 3" });
    const text = await project.fail("up", "--yes", "--skip-preview");
    assert.match(text, new RegExp(`building \\S+-page-\\S+\\.drv on ${builder.address} failed: exit code`));
    assert.match(text, /the reason/);
    assert.deepEqual(await served(), [await idOf(builder), await idOf(builder)]);
    await configure({ v: versions[1], builder });
    await project.up();
  });

  it("keeps what it knows while that machine cannot be reached", async () => {
    await builder.stopSshd();
    try {
      const { stdout } = await project.pulumi(
        "refresh",
        "--yes",
        "--skip-preview",
        "--target",
        await urnOf("NixBuild::page"),
      );
      assert.match(stdout, /not read, its state is kept as it was/);
      assert.equal((await project.outputs("NixBuild::page"))["builtOn"], builder.address);
    } finally {
      await builder.startSshd();
    }
  });

  it("moves to another machine, and leaves nothing protected on the former one", async () => {
    await configure({ v: versions[1], builder: other });
    const text = await project.preview();
    assert.match(text, /\+-pulumi-nodejs:dynamic\/nix:NixBuild: \(replace\)/);
    assert.doesNotMatch(text, /\(replace\)[^]*\(replace\)/);
    await project.up();
    assert.equal(await rootsOn(builder), "");
    assert.equal(await rootsOn(other), `page-${versions[1]}-1.0`);
    await project.up("--expect-no-changes");
  });

  it("takes what is protected away when it is destroyed", async () => {
    await project.succeed("destroy", "--yes", "--skip-preview");
    for (const host of hosts) {
      const left = "cd /var/lib/pulumi-nix; ls -d roots/* profiles/* lock 2>/dev/null || true";
      assert.equal(await host.sh(left), "");
    }
  });

  async function urnOf(name: string): Promise<string> {
    return String((await project.resources()).find(({ urn }) => urn.endsWith(name))?.urn);
  }
});
