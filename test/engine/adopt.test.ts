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
