import assert from "node:assert/strict";
import { Project } from "../engine/project";
import { generateKeys } from "../../provider/nix/signing-keys";
import { sharedFleet, type Host } from "../fleet";

describe("the example with a user's profile", function () {
  const profile = "/home/alice/.local/state/nix/profiles/user-profile";
  const keys = generateKeys("alice-1");
  let host: Host;
  let project: Project;
  let first: string;

  before(async () => {
    host = (await sharedFleet({ bookworm: 1 })).hosts[0] as Host;
    project = await Project.create({ example: "user-profile" });
    await project.configure({ host: host.address, hostKey: host.hostKey, greeting: "Hello" });
    await project.configureSecret("privateKey", host.privateKey);
    await project.configureSecret("signingKey", keys.secretKey);
  });
  after(async () => {
    await trust("");
    await host.sh("rm -f .config/greeting", { user: "alice" });
    await project.remove();
  });

  const page = (): Promise<string> => host.sh("curl -sf localhost:8084");
  const greeting = (): Promise<string> => host.sh("cat ~/.config/greeting", { user: "alice" });
  const generation = async (): Promise<unknown> =>
    (await project.outputs("ProfileActivation::alice"))["generation"];

  /** Whose signatures the machine's Nix trusts, beside its own. */
  async function trust(key: string): Promise<void> {
    await host.sh("sed -i '/^extra-trusted-public-keys/d' /etc/nix/nix.conf");
    if (key !== "") await host.sh(`echo 'extra-trusted-public-keys = ${key}' >>/etc/nix/nix.conf`);
    await host.sh("systemctl restart nix-daemon.service");
  }

  it("shows the exact path before there is anything", async () => {
    const text = await project.preview();
    first = /outPath\s*: "(\/nix\/store\/[a-z0-9]{32}-home-alice)"/.exec(text)?.[1] ?? "";
    assert.notEqual(first, "", text);
    assert.match(text, new RegExp(` path\\s*: "${first}"`));
  });

  it("says what it takes when the machine does not trust her key", async () => {
    const text = await project.fail("up", "--yes", "--skip-preview");
    assert.match(text, /the Nix daemon there does not trust the login "alice"/);
    assert.ok(text.includes(`; add ${keys.publicKey} to trusted-public-keys there`), text);
    assert.match(
      await project.preview(),
      /warning: this would be refused: copying \d+ paths? on \S+ failed: /,
    );
  });

  it("runs her service from her profile, all of it as alice", async () => {
    await trust(keys.publicKey);
    await project.up();
    assert.equal(await page(), "Hello");
    assert.equal(await greeting(), "Hello");
    assert.equal(await host.sh(`readlink -f ${profile}`), first);
    assert.equal(await host.sh(`stat -c %U ${profile}`), "alice");
    const server = "ps -o user= -p $(systemctl --user show -P MainPID user-profile.service)";
    assert.equal(await host.sh(server, { user: "alice" }), "alice");
  });

  it("changes nothing the second time", async () => {
    await project.up("--expect-no-changes");
  });

  it("is updated in place", async () => {
    await project.configure({ greeting: "Good morning" });
    const text = await project.up("--diff");
    assert.match(text, new RegExp(`path: "${first}" => "/nix/store/[a-z0-9]{32}-home-alice"`));
    assert.match(text, /~ 4 updated/);
    assert.equal(await page(), "Good morning");
    assert.equal(await greeting(), "Good morning");
    assert.equal(await generation(), 2);
  });

  it("goes back to the generation that it had", async () => {
    await project.configure({ greeting: "Hello" });
    await project.up();
    assert.equal(await page(), "Hello");
    assert.equal(await generation(), 1);
  });

  it("takes the service and the profile away, and leaves her files", async () => {
    await project.succeed("destroy", "--yes", "--skip-preview");
    assert.equal((await host.trySh("curl -sf localhost:8084")).code, 7);
    assert.equal((await host.trySh("systemctl --user cat user-profile.service", { user: "alice" })).code, 1);
    assert.equal(
      await host.sh(`ls -d ${profile}* /home/alice/.local/state/pulumi-nix/*/* 2>/dev/null || true`),
      "",
    );
    assert.equal(await greeting(), "Hello");
  });
});
