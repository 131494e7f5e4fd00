import assert from "node:assert/strict";
import { Project } from "../engine/project";
import { sharedFleet, type Host } from "../fleet";

describe("the example with one host", function () {
  let host: Host;
  let project: Project;
  let first: string;

  before(async () => {
    host = (await sharedFleet({ bookworm: 1 })).hosts[0] as Host;
    project = await Project.create({ example: "one-host", hasPassphrase: true });
    await project.configure({ host: host.address, hostKey: host.hostKey, greeting: "Hello" });
    await project.configureSecret("privateKey", host.privateKey);
  });
  after(() => project.remove());

  const page = (): Promise<string> => host.sh("curl -sf localhost:8081");
  const generation = async (): Promise<unknown> =>
    (await project.outputs("ProfileActivation::page"))["generation"];

  it("shows the exact path before there is anything", async () => {
    const text = await project.preview();
    first = /outPath\s*: "(\/nix\/store\/[a-z0-9]{32}-page)"/.exec(text)?.[1] ?? "";
    assert.notEqual(first, "", text);
    // The copy's path, the profile's, and what restarts the unit.
    assert.equal(text.split(`"${first}"`).length - 1, 5, text);
    assert.equal((await host.trySh(`test -e ${first}`)).code, 1);
  });

  it("serves the page, and its entry point has run", async () => {
    await project.up();
    assert.equal(await page(), "Hello");
    assert.equal(await host.sh("cat /etc/motd.d/one-host"), "Hello");
    assert.equal(await host.sh("readlink -f /nix/var/nix/profiles/one-host"), first);
    assert.equal(await host.sh("systemctl is-active one-host.service"), "active");
    assert.equal(await generation(), 1);
  });

  it("changes nothing the second time", async () => {
    await project.up("--expect-no-changes");
  });

  it("is updated in place", async () => {
    await project.configure({ greeting: "Good morning" });
    const text = await project.up("--diff");
    assert.match(text, new RegExp(`path: "${first}" => "/nix/store/[a-z0-9]{32}-page"`));
    assert.match(text, /~ 4 updated/);
    assert.equal(await page(), "Good morning");
    assert.equal(await host.sh("cat /etc/motd.d/one-host"), "Good morning");
    assert.equal(await generation(), 2);
  });

  it("goes back to the generation that it had", async () => {
    await project.configure({ greeting: "Hello" });
    await project.up();
    assert.equal(await page(), "Hello");
    assert.equal(await generation(), 1);
    assert.equal(await host.sh("cat /etc/motd.d/one-host"), "Hello");
  });

  it("takes all of it away", async () => {
    await project.succeed("destroy", "--yes", "--skip-preview");
    assert.equal((await host.trySh("curl -sf localhost:8081")).code, 7);
    assert.equal((await host.trySh("systemctl cat one-host.service")).code, 1);
    const left =
      "ls -d /etc/motd.d/one-host /nix/var/nix/profiles/one-host* /var/lib/pulumi-nix/*/* 2>/dev/null || true";
    assert.equal(await host.sh(left), "");
  });
});
