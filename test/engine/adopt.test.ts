import assert from "node:assert/strict";
import { buildSystem, bring, forgetNixos, markAsNixos } from "../examples/nixos-system";
import { environment, output, run, sharedFleet, type Host } from "../fleet";
import { Project } from "./project";

const program = `
const config = new pulumi.Config();
const connection = config.requireObject<any>("connection");
const path = config.require("path");
const copy = new nix.ClosureCopy("web", { connection, path });
new nix.ProfileActivation("web", {
  connection, profile: config.require("profile"), path: copy.path, kind: config.require("kind") as any,
});
`;

/** A program whose entry point leaves a line each time that it is run. */
async function build(name: string): Promise<string> {
  const builder = `
    PATH=/usr/bin:/bin; mkdir -p $out/bin
    printf '#!/bin/sh\\necho ${name} >>/var/log/adopt.log\\n' >$out/bin/pulumi-nix-activate
    chmod +x $out/bin/pulumi-nix-activate`;
  const expr = `derivation { name = "adopt-${name}"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" ''${builder}'' ]; }`;
  const { NIX_CONFIG = "" } = environment();
  const command = [
    "env",
    `NIX_CONFIG=${NIX_CONFIG}`,
    "nix-build",
    "--no-out-link",
    "--quiet",
    "--expr",
    expr,
  ];
  return output("nix-build", await run(command));
}

/** In place of \`pulumi import\`: what somebody else has deployed is taken over as it is. */
describe("a first update of a machine that was deployed by other means", function () {
  let host: Host;
  let project: Project;
  let one: string;
  let two: string;

  before(async () => {
    host = (await sharedFleet({ trixie: 1 })).trixie[0] as Host;
    [one, two] = await Promise.all([build("one"), build("two")]);
    for (const path of [one, two]) await bring(host, path);
    project = await Project.create({ program });
    await project.configure({ connection: host.connection(), profile: "adopt", kind: "custom", path: one });
  });
  after(async () => {
    await project.succeed("destroy", "--yes", "--skip-preview");
    await forgetNixos(host);
    await host.sh("rm -f /nix/var/nix/profiles/adopt* /var/log/adopt.log");
    await project.remove();
  });

  const profile = "/nix/var/nix/profiles/adopt";
  const runs = (): Promise<string> => host.sh("cat /var/log/adopt.log 2>/dev/null || true");
  const state = (): Promise<Record<string, unknown>> => project.outputs("ProfileActivation::web");

  it("cannot be an import, which the engine has not for dynamic resources", async () => {
    const text = await project.fail(
      "import",
      "pulumi-nodejs:dynamic/nix:ProfileActivation",
      "web",
      "web",
      "--yes",
    );
    assert.match(text, /preview failed: .*Cannot read properties of undefined/);
    assert.deepEqual(
      (await project.resources()).filter(({ type }) => type.includes("nix:")),
      [],
    );
  });

  it("leaves a profile that leads to the wanted path as it is, and runs nothing", async () => {
    await host.sh(`nix-env --profile ${profile} --set ${one} && ${one}/bin/pulumi-nix-activate`);
    await project.up();
    assert.equal(await runs(), "one");
    assert.equal(await host.sh(`readlink ${profile}`), "adopt-1-link");
    const { activePath, generation, originalPath } = await state();
    assert.deepEqual(
      { activePath, generation, originalPath },
      { activePath: one, generation: 1, originalPath: one },
    );
    await project.up("--refresh", "--expect-no-changes");
  });

  it("has the next path activated, from what was adopted", async () => {
    await project.configure({ path: two });
    await project.up();
    assert.equal(await runs(), "one\ntwo");
    assert.equal((await state())["previousPath"], one);
  });

  it("activates the wanted path where another one was", async () => {
    await project.succeed("destroy", "--yes", "--skip-preview");
    await project.configure({ path: one });
    await project.up();
    assert.equal(await runs(), "one\ntwo\none");
    assert.equal((await state())["originalPath"], two);
    await project.succeed("destroy", "--yes", "--skip-preview");
  });

  it("leaves a NixOS that switch-to-configuration has switched as it is, with its boot loader", async () => {
    await markAsNixos(host);
    const system = await buildSystem("adopt", { web: { command: "sleep 1000" } });
    await bring(host, system);
    await host.sh(`nix-env --profile /nix/var/nix/profiles/system --set ${system}`);
    await host.sh(`${system}/bin/switch-to-configuration switch`);
    const machine = (): Promise<string> =>
      host.sh(
        "ls -lR --time-style=full-iso /boot /run/current-system; systemctl show -P InvocationID web.service",
      );
    const before = await machine();
    await project.configure({ profile: "system", kind: "nixos", path: system });
    await project.up();
    assert.equal(await machine(), before);
    assert.equal((await state())["activePath"], system);
  });
});

const unitProgram = `
const config = new pulumi.Config();
const connection = config.requireObject<any>("connection");
new nix.SystemdUnit("site", {
  connection,
  name: "adopt.service",
  settle: 0.2,
  sections: { Service: { ExecStart: config.require("command") }, Install: { WantedBy: "multi-user.target" } },
});
`;

describe("a first update of a machine with a unit that was put there by other means", function () {
  const file = "/etc/systemd/system/adopt.service";
  const text = "[Service]\nExecStart=/bin/sleep 1000\n\n[Install]\nWantedBy=multi-user.target\n";
  let host: Host;
  let project: Project;

  before(async () => {
    host = (await sharedFleet({ bookworm: 1 })).bookworm[0] as Host;
    project = await Project.create({ program: unitProgram });
    await project.configure({ connection: host.connection(), command: "/bin/sleep 1000" });
    await host.sh(`cat >${file}; systemctl enable --now adopt.service 2>&1`, { input: text });
  });
  after(async () => {
    await project.succeed("destroy", "--yes", "--skip-preview");
    await host.sh(
      `systemctl disable --now adopt.service >/dev/null 2>&1; rm -f ${file}*; systemctl daemon-reload`,
    );
    await project.remove();
  });

  const invocation = (): Promise<string> => host.sh("systemctl show -P InvocationID adopt.service");
  const machine = async (): Promise<string> =>
    `${await invocation()} ${await host.sh(`stat -c '%i %z' ${file}; find /etc/systemd/system -name 'adopt*' | sort`)}`;
  const previewed = async (): Promise<string> => (await project.pulumi("preview", "--diff")).stderr;
  const adopted = async (): Promise<unknown> => (await project.outputs("SystemdUnit::site"))["adopted"];

  it("is told of it in the preview, takes it over without a restart, and leaves it when it is destroyed", async () => {
    const before = await machine();
    assert.match(await previewed(), /adopt\.service is there already on \S+: would be taken over as it is\n/);
    await project.up();
    assert.equal(await machine(), before);
    assert.equal(await adopted(), true);
    await project.up("--refresh", "--expect-no-changes");
    await project.succeed("destroy", "--yes", "--skip-preview");
    assert.equal(await machine(), before);
    assert.equal(await host.sh("systemctl is-active adopt.service"), "active");
  });

  it("replaces one with another text, keeps that beside it, and takes its own away when it is destroyed", async () => {
    const before = await invocation();
    await project.configure({ command: "/bin/sleep 2000" });
    assert.match(
      await previewed(),
      / with another text: would be replaced and restarted; what is there would be kept as \S+\.before-pulumi-nix\n/,
    );
    await project.up();
    assert.notEqual(await invocation(), before);
    assert.equal(await adopted(), undefined);
    await project.succeed("destroy", "--yes", "--skip-preview");
    assert.equal(await host.sh(`cat ${file}.before-pulumi-nix`), text.trimEnd());
    assert.equal(await host.sh("systemctl is-active adopt.service || true"), "inactive");
  });
});
