import assert from "node:assert/strict";
import { buildSystem, bring, forgetNixos, markAsNixos } from "../examples/nixos-system";
import { sharedFleet, type Host } from "../fleet";
import { Project } from "./project";

const program = `
const config = new pulumi.Config();
const unknown = new nix.NixBuild("other", {
  expr: 'derivation { name = "other"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo > $out" ]; }',
});
const connection = config.requireObject<any>("connection");
new nix.ProfileActivation("web", {
  connection: config.getBoolean("late") ? unknown.id.apply(() => connection) : connection,
  profile: "system", path: config.require("path"), kind: "nixos", dryActivate: true,
});
`;

describe("a dry activation in a preview", function () {
  let host: Host;
  let project: Project;
  let old: string;
  let wanted: string;

  before(async () => {
    host = (await sharedFleet({ trixie: 1 })).trixie[0] as Host;
    await markAsNixos(host);
    old = await buildSystem("dry-1", { web: { command: "sleep 1000" } });
    wanted = await buildSystem("dry-2", {
      web: { command: "sleep 2000" },
      more: { command: "sleep 3000" },
    });
    await bring(host, old);
    await host.sh(`nix-env --profile /nix/var/nix/profiles/system --set ${old}`);
    await host.sh(`${old}/bin/switch-to-configuration switch`);
    project = await Project.create({ program });
    await project.configure({ connection: host.connection(), path: wanted });
  });
  after(async () => {
    await forgetNixos(host);
    await project.remove();
  });

  const machine = (): Promise<string> =>
    host.sh(
      "ls -l /nix/var/nix/profiles /boot/nixos /run/current-system /etc/systemd/system; ls -R /var/lib/pulumi-nix 2>/dev/null; " +
        "systemctl show -P InvocationID web.service; systemctl is-active more.service; ls -l /nix/var/nix/gcroots/auto || true",
    );

  it("shows what would be restarted, and leaves the machine as it is", async () => {
    const before = await machine();
    const text = await project.succeed("preview");
    assert.match(text, /dry activation on \S+:\s+would stop the following units: web.service/);
    assert.match(text, /would start the following units: web.service/);
    assert.equal(await machine(), before);
    assert.doesNotMatch(await project.preview(), /__program/);
  });

  it("is not part of what is planned, compared and kept", async () => {
    await project.succeed("preview", "--save-plan", "plan.json");
    assert.doesNotMatch(project.read("plan.json"), /"isPreview": true/);
    await project.up("--plan", "plan.json");
    assert.equal(await host.sh("readlink /run/current-system"), wanted);
    const kept = (await project.resources()).flatMap(({ inputs, outputs }) => [inputs, outputs]);
    assert.ok(kept.every((properties) => !("__program" in (properties ?? {}))));
    const text = await project.succeed("preview", "--expect-no-changes");
    assert.doesNotMatch(text, /dry activation/);
  });

  it("says that a system which is not built has to be built first", async () => {
    await project.configure({ path: `/nix/store/${"a".repeat(32)}-nixos-system-none` });
    const text = await project.succeed("preview");
    assert.match(text, /not shown: \S+-nixos-system-none would have to be built first/);
  });

  it("dials no host that is not known yet", async () => {
    await project.succeed("destroy", "--yes", "--skip-preview");
    await project.configure({ late: "true", path: wanted });
    const logins = await host.acceptedLogins();
    assert.doesNotMatch(await project.succeed("preview"), /dry activation|not shown/);
    assert.equal(await host.acceptedLogins(), logins);
  });

  it("that cannot reach the machine is a warning", async () => {
    await project.configure({
      late: "false",
      path: old,
      connection: { ...host.connection(), port: 1, dialErrorLimit: 1 },
    });
    assert.match(await project.succeed("preview"), /warning: what it would do is not shown: /);
  });
});
