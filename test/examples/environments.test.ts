import assert from "node:assert/strict";
import { Project } from "../engine/project";
import { sharedFleet, type Host } from "../fleet";

describe("the example with an environment for each stack", function () {
  let dev: Host;
  let prod: Host[];
  let project: Project;
  let released: string;

  before(async () => {
    const { bookworm, trixie } = await sharedFleet({ bookworm: 2, trixie: 1 });
    dev = trixie[0] as Host;
    prod = bookworm;
    project = await Project.create({ example: "environments" }, "dev");
    await setHosts([dev]);
  });
  after(async () => {
    for (const host of prod) await host.sh("rm -f /nix/var/nix/profiles/environments*");
    await project.remove();
  });

  /** Only addresses and keys are ours; names and number of the hosts are the example's. */
  async function setHosts(hosts: Host[]): Promise<void> {
    const values = hosts.flatMap(({ address, hostKey }, index) => [
      `hosts[${index}].host=${address}`,
      `hosts[${index}].hostKey=${hostKey}`,
    ]);
    const args = values.flatMap((value) => ["--plaintext", value]);
    await project.succeed("config", "set-all", "--path", ...args);
    await project.configureSecret("privateKey", (hosts[0] as Host).privateKey);
  }

  const page = (host: Host): Promise<string> => host.sh("curl -sf localhost:8085");
  const generation = async (name: string): Promise<unknown> =>
    (await project.outputs(`ProfileActivation::${name}`))["generation"];

  it("tries release 2 on the one machine of dev, after showing its path", async () => {
    const text = await project.preview();
    released = /outPath\s*: "(\/nix\/store\/[a-z0-9]{32}-app-2)"/.exec(text)?.[1] ?? "";
    assert.notEqual(released, "", text);
    await project.up();
    assert.equal(await page(dev), "release 2 in dev");
    assert.equal(await dev.sh("readlink -f /nix/var/nix/profiles/environments"), released);
  });

  it("runs release 1 on the two machines of prod, by the same program", async () => {
    await project.succeed("stack", "init", "prod");
    await setHosts(prod);
    const text = await project.up();
    assert.match(text, /\+ 8 created/);
    for (const host of prod) assert.equal(await page(host), "release 1 in prod");
    assert.equal(await page(dev), "release 2 in dev");
  });

  it("changes nothing the second time", async () => {
    await project.up("--expect-no-changes");
  });

  it("brings to prod, in place, the very path that was tried in dev", async () => {
    await project.configure({ release: "2" });
    const text = await project.up("--diff");
    assert.match(text, new RegExp(`path: "/nix/store/[a-z0-9]{32}-app-1" => "${released}"`));
    assert.match(text, /~ 7 updated/);
    for (const host of prod) assert.equal(await page(host), "release 2 in prod");
  });

  it("goes back to the generation that it had", async () => {
    await project.configure({ release: "1" });
    await project.up();
    for (const host of prod) assert.equal(await page(host), "release 1 in prod");
    for (const name of ["prod-a", "prod-b"]) assert.equal(await generation(name), 1);
  });

  it("does not destroy prod", async () => {
    const text = await project.fail("destroy", "--yes", "--skip-preview");
    assert.match(text, /SystemdUnit::prod-[ab]\W.* cannot be deleted/);
    for (const host of prod) assert.equal(await page(host), "release 1 in prod");
  });

  it("leaves prod's profiles when it is destroyed on purpose", async () => {
    await project.configure({ protect: "false" });
    await project.up();
    await project.succeed("destroy", "--yes", "--skip-preview");
    for (const host of prod) {
      assert.match(await host.sh("readlink -f /nix/var/nix/profiles/environments"), /-app-1$/);
      await assertClean(host);
    }
  });

  it("destroys dev without a trace", async () => {
    await project.succeed("stack", "select", "dev");
    await project.succeed("destroy", "--yes", "--skip-preview");
    await assertClean(dev);
    assert.equal(await dev.sh("ls -d /nix/var/nix/profiles/environments* 2>/dev/null || true"), "");
  });

  async function assertClean(host: Host): Promise<void> {
    assert.equal((await host.trySh("curl -sf localhost:8085")).code, 7);
    assert.equal((await host.trySh("systemctl cat environments.service")).code, 1);
    assert.equal(await host.sh("ls -d /var/lib/pulumi-nix/*/* 2>/dev/null || true"), "");
  }
});
