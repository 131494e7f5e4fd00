import assert from "node:assert/strict";
import type { Host, User } from "../fleet";
import { Controller } from "./controller";
import { diagnostics, saidOf } from "./diagnostics";
import { HostProject } from "./host-project";
import { ProcessWatch } from "./poison";
import { until } from "./processes";

/** A page's worth of everything: built here, activated here, run here. */
const files = {
  "index.js": `
const nix = require("pulumi-nix");
const { connection, scope, start = "/nix/var/nix/profiles/local/bin/stay", timeout } = require("./wanted.json");
const { outPath } = new nix.NixBuild("local", { file: "local.nix" });
const { path } = new nix.ProfileActivation("local", {
  connection, profile: "local", path: outPath, kind: "custom", onDestroy: "remove",
});
new nix.SystemdUnit("local", {
  connection, scope, name: "local.service", restartTriggers: [path], settle: 0.2, timeout,
  sections: {
    Service: { Type: start.startsWith("/bin") ? "oneshot" : "exec", ExecStart: start },
    Install: { WantedBy: "default.target" },
  },
});
`,
  "local.nix": `
derivation {
  name = "local";
  system = builtins.currentSystem;
  builder = "/bin/sh";
  PATH = "/usr/bin:/bin";
  activate = "#!/bin/sh\\nid -un >>/tmp/activated\\n";
  stay = "#!/bin/sh\\nexec sleep 12345\\n";
  args = [ "-ec" ''
    mkdir -p $out/bin
    printf %s "$activate" >$out/bin/pulumi-nix-activate
    printf %s "$stay" >$out/bin/stay
    chmod +x $out/bin/*
  '' ];
}
`,
};

const slowSudo = '#!/bin/sh\nsleep 1\nexec /usr/bin/sudo "$@"\n';

describe("a program that deploys to the machine that Pulumi runs on", function () {
  let controller: Controller;
  let host: Host;
  let project: HostProject;

  before(async () => {
    controller = await Controller.boot();
    host = controller.host;
  });
  after(() => controller.stop());

  async function projectOf(user: User): Promise<void> {
    await controller.equip(user);
    await host.sh("rm -f /tmp/activated");
    project = await HostProject.create(host, user, files);
  }

  const wants = (connection: object, more: object = {}): Promise<void> =>
    project.write("wanted.json", JSON.stringify({ connection: { local: true, ...connection }, ...more }));

  /** Of the service, the profile and the entry point. */
  async function owners(profile: string): Promise<string> {
    return host.sh(`ps -o user= -p $(pgrep -xf "sleep 12345"); stat -c %U ${profile}; cat /tmp/activated`);
  }

  async function assertIsTheSystems(): Promise<void> {
    assert.equal(await host.sh("systemctl is-active local.service"), "active");
    assert.equal(await host.sh("systemctl is-enabled local.service"), "enabled");
    assert.equal(await owners("/nix/var/nix/profiles/local"), "root\nroot\nroot");
  }

  async function assertNothingIsThere(user: User): Promise<void> {
    const own = (await host.sh("echo $HOME", { user })) + "/.local/state";
    const folders = `/etc/systemd /home/*/.config/systemd /nix/var/nix/profiles ${own} /var/lib/pulumi-nix`;
    assert.equal((await host.trySh(`find ${folders} -name '*local[.-]*'`)).stdout, "");
    assert.equal((await host.trySh(`find ${own}/pulumi-nix /var/lib/pulumi-nix ! -type d`)).stdout, "");
    assert.equal(await pids("-xf 'sleep 12345'"), "");
  }

  async function pids(options: string): Promise<string> {
    return (await host.trySh(`pgrep ${options}`)).stdout;
  }

  it("as root: up, what was changed by hand is seen and repaired, destroy", async () => {
    await projectOf("root");
    await wants({});
    await project.up();
    await assertIsTheSystems();
    await host.sh("systemctl disable --now local.service; rm /nix/var/nix/profiles/local");
    const seen = await project.succeed("preview --refresh --diff");
    assert.match(seen, /state\s*: "stopped" => "started"/);
    assert.match(seen, /enabled\s*: false => true/);
    assert.match(seen, /\+ pulumi-nodejs:dynamic\/nix:ProfileActivation: \(create\)/);
    await host.sh("rm /tmp/activated");
    await project.up("--refresh");
    await assertIsTheSystems();
    await project.up("--expect-no-changes");
    await project.destroy();
    await assertNothingIsThere("root");
  });

  for (const [user, elevate] of [
    ["deploy", "sudo"],
    ["dora", "doas"],
  ] as const) {
    it(`as ${user}, who becomes root by ${elevate}`, async () => {
      await projectOf(user);
      await wants({ elevate });
      await project.up();
      await assertIsTheSystems();
      await project.destroy();
      await assertNothingIsThere(user);
    });
  }

  describe("as operator, who becomes root by sudo with a password,", () => {
    const elevate = "sudo";
    // No other test's, which may hand over its own in an environment meanwhile.
    const elevatePassword = "poison-of-the-operator";

    before(async () => {
      await host.sh("chpasswd", { input: `operator:${elevatePassword}\n` });
      await projectOf("operator");
    });

    it("says that a wrong one is refused, and has changed nothing", async () => {
      await wants({ elevate, elevatePassword: "wrong-password" });
      const outcome = await project.pulumi("up --yes --skip-preview");
      const said = saidOf(diagnostics(outcome), "local");
      assert.match(
        said,
        /^error: looking around on this machine failed: sudo refused the password of "operator"$/m,
      );
      assert.match(said, /^hint: check elevatePassword, and that "operator" may become "root" by sudo/m);
      assert.equal((await host.trySh("ls /nix/var/nix/profiles/local")).code, 2);
    });

    it("leaves nothing running as root when it is interrupted: what was begun is taken back", async () => {
      await wants({ elevate, elevatePassword }, { start: "/bin/sleep 54321", timeout: 15 });
      const outcome = project.pulumi("up --yes --skip-preview");
      await until("its unit is starting", async () => (await pids("-xf '/bin/sleep 54321'")) !== "");
      assert.notEqual(await pids("-u root -f '[/]deployments/'"), "");
      // As where it asks a directory elsewhere. To end what runs as root takes another sudo.
      await host.sh("cat >/usr/local/bin/sudo; chmod +x /usr/local/bin/sudo", { input: slowSudo });
      await host.sh("pkill -INT -x pulumi");
      await until("^C is heard", async () => (await project.sh("cat output")).includes("^C received"));
      await host.sh("pkill -INT -x pulumi");
      assert.notEqual((await outcome).code, 0);
      await until("nobody is at it", async () => (await pids("-u root -f '[/]deployments/'")) || true);
      assert.equal(await pids("-xf '/bin/sleep 54321'"), "");
      assert.notEqual((await host.trySh("systemctl cat local.service")).code, 0);
      await host.sh("rm /usr/local/bin/sudo");
    });

    it("goes on from there, and no process ever has the password among its arguments", async () => {
      await wants({ elevate, elevatePassword });
      const watch = new ProcessWatch([elevatePassword]);
      try {
        await project.up();
        await assertIsTheSystems();
        await project.destroy();
      } finally {
        assert.deepEqual(watch.end(), []);
      }
      assert.ok(watch.looks > 20, String(watch.looks));
      await assertNothingIsThere("operator");
    });

    it("has the password nowhere but where the program has it", async () => {
      assert.equal(await project.sh(`grep -rlF ${elevatePassword} .`), "./wanted.json");
    });
  });

  it("as alice, for her own systemd and in her own profile", async () => {
    await projectOf("alice");
    await wants({}, { scope: "user", start: "%h/.local/state/nix/profiles/local/bin/stay" });
    await project.up();
    assert.equal(await owners("/home/alice/.local/state/nix/profiles/local"), "alice\nalice\nalice");
    await host.ssh("systemctl --user stop local.service", { user: "alice" });
    assert.match(await project.up("--refresh"), /~ 1 updated/);
    assert.equal(await host.ssh("systemctl --user is-active local.service", { user: "alice" }), "active");
    await project.destroy();
    await assertNothingIsThere("alice");
  });
});
