import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { Project } from "../engine/project";
import { sharedFleet, type Host } from "../fleet";

describe("the example that builds elsewhere", function () {
  let hosts: [Host, Host];
  let builder: Host;
  let project: Project;

  before(async () => {
    const fleet = await sharedFleet({ bookworm: 1, trixie: 2 });
    hosts = [fleet.bookworm[0], fleet.trixie[0]] as [Host, Host];
    builder = fleet.trixie[1] as Host;
    project = await Project.create({ example: "build-elsewhere" });
    await project.configureSecret("privateKey", builder.privateKey);
    const machine = ({ address, hostKey }: Host): object => ({ host: address, hostKey });
    await project.configure({
      version: `1-${process.pid}`,
      builder: machine(builder),
      hosts: Object.fromEntries(hosts.map((host) => [host.name, machine(host)])),
    });
  });
  after(() => project.remove());

  it("brings what the builder made to each machine, from machine to machine", async () => {
    await project.up();
    const made = `version 1-${process.pid}, made by ${await builder.sh("cat /etc/machine-id")}`;
    for (const host of hosts) {
      assert.equal(await host.sh("/nix/var/nix/profiles/tool/bin/tool"), made);
      assert.ok((await host.sshdLog()).some((line) => line.includes(`from ${builder.address} `)));
    }
    const { outPath, builtOn } = await project.outputs("NixBuild::tool");
    assert.equal(builtOn, builder.address);
    assert.equal(existsSync(String(outPath)), false);
    await project.up("--expect-no-changes");
  });

  it("takes everything away at the end", async () => {
    await project.succeed("destroy", "--yes", "--skip-preview");
    for (const host of [...hosts, builder]) {
      const left = "ls -d /nix/var/nix/profiles/tool* /var/lib/pulumi-nix/*/* 2>/dev/null || true";
      assert.equal(await host.sh(left), "");
    }
  });
});
