import assert from "node:assert/strict";
import { Project } from "../engine/project";
import { sharedFleet, type Host } from "../fleet";

describe("the example with three hosts", function () {
  let hosts: [Host, Host, Host];
  let project: Project;

  before(async () => {
    hosts = (await sharedFleet({ bookworm: 2, trixie: 1 })).hosts as [Host, Host, Host];
    project = await Project.create({ example: "three-hosts" });
    await project.configureSecret("privateKey", hosts[0].privateKey);
    await setRoles("web", "web", "status");
  });
  after(() => project.remove());

  async function setRoles(...roles: string[]): Promise<void> {
    const list = roles.map((role, index) => {
      const { name, address, hostKey } = hosts[index] as Host;
      return { name, host: address, hostKey, role };
    });
    await project.configure({ hosts: list });
  }

  const pages = (): Promise<string[]> => Promise.all(hosts.map((host) => host.sh("curl -sf localhost:8082")));
  const generations = (): Promise<unknown[]> =>
    Promise.all(
      hosts.map(async ({ name }) => (await project.outputs(`ProfileActivation::${name}`))["generation"]),
    );

  it("shows one path for the machines of one role, and another for the third", async () => {
    const text = await project.preview();
    const found = [...text.matchAll(/NixBuild::(\w+)\][^]*?outPath\s*: "(\S+)"/g)];
    const pathOf = (host: Host): string | undefined => found.find(([, name]) => name === host.name)?.[2];
    const [web, alsoWeb, status] = hosts.map(pathOf);
    assert.match(web ?? "", /^\/nix\/store\/[a-z0-9]{32}-node-web$/, text);
    assert.equal(alsoWeb, web);
    assert.match(status ?? "", /^\/nix\/store\/[a-z0-9]{32}-node-status$/);
  });

  it("runs on each its role, by a unit of the store", async () => {
    await project.up();
    assert.deepEqual(await pages(), ["I am a web node", "I am a web node", "I am a status node"]);
    for (const host of hosts) {
      const unit = await host.sh("readlink -f /etc/systemd/system/three-hosts.service");
      assert.match(unit, /^\/nix\/store\/.*-node-(web|status)\/lib\/systemd\/system\/three-hosts.service$/);
      assert.equal(await host.sh("systemctl is-enabled three-hosts.service"), "enabled");
    }
  });

  it("logs in as deploy, and root is who works", async () => {
    const log = await hosts[0].sshdLog();
    assert.ok(log.some((line) => line.startsWith("Accepted publickey for deploy ")));
    assert.equal(await hosts[0].sh("stat -c %U /nix/var/nix/profiles/three-hosts-1-link"), "root");
  });

  it("changes nothing the second time", async () => {
    await project.up("--expect-no-changes");
  });

  it("shows and makes a change of one machine only, in place", async () => {
    await setRoles("web", "status", "status");
    const text = await project.up("--diff");
    assert.match(
      text,
      /~ path: "\/nix\/store\/[a-z0-9]{32}-node-web" => "\/nix\/store\/[a-z0-9]{32}-node-status"/,
    );
    assert.match(text, /~ 4 updated\n\s+9 unchanged/);
    assert.deepEqual(await pages(), ["I am a web node", "I am a status node", "I am a status node"]);
    assert.deepEqual(await generations(), [1, 2, 1]);
  });

  it("goes back to the generation that it had", async () => {
    await setRoles("web", "web", "status");
    await project.up();
    assert.deepEqual(await pages(), ["I am a web node", "I am a web node", "I am a status node"]);
    assert.deepEqual(await generations(), [1, 1, 1]);
  });

  it("takes everything from a machine that leaves the list, and from all at the end", async () => {
    await setRoles("web", "web");
    await project.up();
    await assertClean(hosts[2]);
    assert.equal(await hosts[0].sh("curl -sf localhost:8082"), "I am a web node");
    await project.succeed("destroy", "--yes", "--skip-preview");
    for (const host of hosts) await assertClean(host);
  });

  async function assertClean(host: Host): Promise<void> {
    assert.equal((await host.trySh("curl -sf localhost:8082")).code, 7);
    assert.equal((await host.trySh("systemctl cat three-hosts.service")).code, 1);
    const left = "ls -d /nix/var/nix/profiles/three-hosts* /var/lib/pulumi-nix/*/* 2>/dev/null || true";
    assert.equal(await host.sh(left), "");
  }
});
