import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Project } from "../engine/project";
import { environment, output, run, sharedFleet, type Host } from "../fleet";
import { checkout } from "../fleet/script";

describe("the example with an environment for each stack", function () {
  let dev: Host;
  let staging: Host;
  let prod: Host[];
  let project: Project;
  let released: string;

  before(async () => {
    const { bookworm, trixie } = await sharedFleet({ bookworm: 2, trixie: 2 });
    [dev, staging] = trixie as [Host, Host];
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

  it("runs in prod, on two machines, the path that staging runs, which its preview knows", async () => {
    await project.initStack("staging");
    await setHosts([staging]);
    await project.up();
    const path = await project.output("path");
    assert.match(path, /-app-1$/);
    await project.initStack("prod");
    await setHosts(prod);
    const shown = await project.preview();
    for (const name of ["prod-a", "prod-b"]) {
      const activation = new RegExp(`ProfileActivation::${name}\\](?:(?!urn=)[^])* path\\s*: "${path}"`);
      assert.match(shown, activation);
    }
    assert.match(await project.up(), /\+ 8 created/);
    for (const host of prod) {
      assert.equal(await page(host), "release 1 in prod");
      assert.equal(await host.sh("readlink -f /nix/var/nix/profiles/environments"), path);
    }
  });

  it("changes nothing the second time, whatever the sources have become", async () => {
    project.write({ "build.sh": `${project.read("build.sh")}\ntouch "$out/other"\n` });
    await project.up("--expect-no-changes");
    project.write({ "build.sh": readFileSync(join(checkout, "examples/environments/build.sh"), "utf8") });
  });

  it("promotes a release from staging to prod in place, built from the derivation where it was collected", async () => {
    await project.succeed("config", "set", "release", "2", "--stack", "staging");
    await project.up("--stack", "staging");
    assert.equal(await page(staging), "release 2 in staging");
    // The host's server runs from its own store, but its processes are this machine's too.
    const { NIX_CONFIG = "" } = environment();
    const nix = ["env", `NIX_CONFIG=${NIX_CONFIG}`, "nix-store"];
    output("nix-store", await run([...nix, "--delete", "--ignore-liveness", released]));
    const text = await project.up("--diff", "--stack", "prod");
    assert.match(text, new RegExp(`path: "/nix/store/[a-z0-9]{32}-app-1" => "${released}"`));
    assert.match(text, /~ 7 updated/);
    assert.equal(existsSync(released), true);
    for (const host of prod) assert.equal(await page(host), "release 2 in prod");
  });

  it("goes back to the generation that it had", async () => {
    await project.succeed("config", "set", "release", "1", "--stack", "staging");
    await project.up("--stack", "staging");
    await project.up("--stack", "prod");
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

  it("destroys dev and staging without a trace", async () => {
    for (const [stack, host] of Object.entries({ dev, staging })) {
      await project.succeed("destroy", "--yes", "--skip-preview", "--stack", stack);
      await assertClean(host);
      assert.equal(await host.sh("ls -d /nix/var/nix/profiles/environments* 2>/dev/null || true"), "");
    }
  });

  async function assertClean(host: Host): Promise<void> {
    assert.equal((await host.trySh("curl -sf localhost:8085")).code, 7);
    assert.equal((await host.trySh("systemctl cat environments.service")).code, 1);
    assert.equal(await host.sh("ls -d /var/lib/pulumi-nix/*/* 2>/dev/null || true"), "");
  }
});
