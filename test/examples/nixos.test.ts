import assert from "node:assert/strict";
import { Project } from "../engine/project";
import { sharedFleet, type Host } from "../fleet";
import { forgetNixos, markAsNixos } from "./nixos-system";

describe("the example with NixOS", function () {
  let host: Host;
  let project: Project;
  let first: string;

  before(async () => {
    host = (await sharedFleet({ trixie: 1 })).hosts[0] as Host;
    await markAsNixos(host);
    project = await Project.create({ example: "nixos" });
    await project.configure({ host: host.address, hostKey: host.hostKey, release: "1", page: "Hello" });
    await project.configureSecret("privateKey", host.privateKey);
  });
  after(async () => {
    await forgetNixos(host);
    await project.remove();
  });

  const page = (): Promise<string> => host.sh("curl -sf localhost:8083");
  const link = (path: string): Promise<string> => host.sh(`readlink -f ${path}`);
  const generation = async (): Promise<unknown> =>
    (await project.outputs("ProfileActivation::web"))["generation"];
  const collection = (): Promise<Record<string, unknown>> => project.outputs("HostGarbageCollection::web");
  const start = (unit: string): Promise<string> => host.sh(`systemctl show -P InvocationID ${unit}.service`);

  it("shows the exact path of the system before it is built", async () => {
    const { stdout: text, stderr } = await project.pulumi("preview", "--diff");
    first = /outPath\s*: "(\/nix\/store\/[a-z0-9]{32}-nixos-system-1)"/.exec(text)?.[1] ?? "";
    assert.notEqual(first, "", text);
    assert.match(text, new RegExp(` path\\s*: "${first}"`));
    assert.match(stderr, /[\d.]+ .iB are free on \S+ now: nothing would be collected/);
  });

  it("switches to it", async () => {
    await project.up();
    assert.equal(await page(), "Hello");
    for (const path of ["/run/current-system", "/nix/var/nix/profiles/system", "/boot/nixos/default"])
      assert.equal(await link(path), first);
    assert.equal((await project.outputs("ProfileActivation::web"))["activePath"], first);
    assert.ok(Number((await collection())["freeAfter"]) > 0);
  });

  it("changes nothing the second time", async () => {
    await project.up("--expect-no-changes");
  });

  it("is updated in place, and only what changed is restarted", async () => {
    const clock = await start("clock");
    const web = await start("web");
    const collected = (await collection())["collectedAt"];
    await project.configure({ release: "2", page: "Good morning" });
    const { stdout: text, stderr } = await project.pulumi("up", "--yes", "--skip-preview", "--diff");
    assert.match(text, new RegExp(`path\\s*: "${first}" => "/nix/store/[a-z0-9]{32}-nixos-system-2"`));
    assert.match(text, /~ 4 updated/);
    assert.equal(await page(), "Good morning");
    assert.equal(await start("clock"), clock);
    assert.notEqual(await start("web"), web);
    assert.equal(await generation(), 2);
    assert.match(stderr, /0 generations and 0 paths went on \S+: [\d.]+ .iB are free/);
    assert.notEqual((await collection())["collectedAt"], collected);
  });

  it("a unit that fails sends the machine back to the system that it had", async () => {
    const before = await link("/run/current-system");
    const program = project.read("index.ts");
    project.write({ "index.ts": program.replace("sh -c 'while sleep 60; do date; done'", "false") });
    const text = await project.fail("up", "--yes", "--skip-preview");
    project.write({ "index.ts": program });
    assert.match(text, /activating \S+-nixos-system-2 on \S+ failed: .*exit code 4/);
    assert.match(text, /warning: the following units failed: clock.service/);
    assert.match(text, new RegExp(`the machine is as before: .* is running ${before} now`));
    for (const path of ["/run/current-system", "/nix/var/nix/profiles/system", "/boot/nixos/default"])
      assert.equal(await link(path), before);
    assert.equal(await host.sh("systemctl is-active clock.service"), "active");
  });

  it("goes back to the generation that it had", async () => {
    await project.configure({ release: "1", page: "Hello" });
    await project.up();
    assert.equal(await page(), "Hello");
    assert.equal(await link("/run/current-system"), first);
    assert.equal(await generation(), 1);
  });

  it("sees a system that was switched by hand, and switches back", async () => {
    await host.sh("/nix/var/nix/profiles/system-2-link/bin/switch-to-configuration test");
    const text = await project.preview();
    assert.match(
      text,
      new RegExp(`path\\s*: "only running: /nix/store/[a-z0-9]{32}-nixos-system-2" => "${first}"`),
    );
    await project.up();
    assert.equal(await link("/run/current-system"), first);
    assert.equal(await page(), "Hello");
  });

  it("goes on running when it is no longer looked after", async () => {
    await project.succeed("destroy", "--yes", "--skip-preview");
    assert.equal(await page(), "Hello");
    assert.equal(await link("/nix/var/nix/profiles/system"), first);
    assert.equal(await host.sh("ls -d /var/lib/pulumi-nix/*/* 2>/dev/null || true"), "");
  });
});
