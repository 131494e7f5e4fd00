import assert from "node:assert/strict";
import { join } from "node:path";
import { forgetNixos, markAsNixos } from "../examples/nixos-system";
import { sharedFleet, type Host } from "../fleet";
import { checkout } from "../fleet/script";
import { changesOf, previewJson, saidWith } from "./preview";
import { Project } from "./project";

const program = `
const config = new pulumi.Config();
const build = new nix.NixBuild("system", {
  file: ${JSON.stringify(join(checkout, "examples/nixos/system.nix"))},
  args: config.requireObject<Record<string, any>>("args"),
  buildOnPreview: true,
});
const connection = config.requireObject<any>("connection");
const copy = new nix.ClosureCopy("web", { connection, path: build.outPath });
new nix.ProfileActivation("web", { connection, profile: "system", path: copy.path, kind: "nixos" });
`;

describe("a preview of a NixOS", function () {
  let host: Host;
  let project: Project;
  const web = { command: "sleep 1000" };

  before(async () => {
    host = (await sharedFleet({ trixie: 1 })).trixie[0] as Host;
    await markAsNixos(host);
    project = await Project.create({ program });
    await project.configure({ connection: host.connection() });
    await configure("6.1", { web, clock: web });
  });
  after(async () => {
    await project.succeed("destroy", "--yes", "--skip-preview");
    await forgetNixos(host);
    await project.remove();
  });

  const configure = (kernel: string, services: object): Promise<void> =>
    project.configure({ args: { release: "23.11", kernel, services } });
  const changes = async (...args: string[]): Promise<Record<string, string>> => {
    const all = Object.entries(changesOf(await previewJson(project, ...args), "ProfileActivation::web"));
    return Object.fromEntries(all.filter(([path]) => path !== "path" && path !== "closureSize"));
  };

  it("shows the units that it will have", async () => {
    const text = await project.preview();
    assert.match(
      text,
      /units\s*: \{\s+activate-at-boot\.service: "[0-9a-f]{12}"\s+clock\.service\s*: "[0-9a-f]{12}"/,
    );
    await project.up();
    await project.up("--refresh", "--expect-no-changes");
  });

  it("shows a new kernel as such, and that no unit changes", async () => {
    await configure("6.6", { web, clock: web });
    assert.deepEqual(await changes(), { "packages.linux": "update" });
    assert.match(await project.preview(), /~ linux: "6\.1" => "6\.6"/);
  });

  it("shows a unit that changes, one that comes and one that goes", async () => {
    await configure("6.1", { web: { command: "sleep 2000" }, more: web });
    assert.deepEqual(await changes(), {
      'units["web.service"]': "update",
      'units["clock.service"]': "delete",
      'units["more.service"]': "add",
    });
    assert.match(await project.preview(), /~ web\.service\s*: "[0-9a-f]{12}" => "[0-9a-f]{12}"/);
  });

  it("shows against what really runs, when another system was switched to by hand", async () => {
    await configure("6.1", { web, clock: web });
    const [ours] = [String((await project.outputs("ProfileActivation::web"))["path"])];
    await configure("6.6", { web: { command: "sleep 2000" }, clock: web });
    await project.up();
    await host.sh(`${ours}/bin/switch-to-configuration test`);
    const text = await project.preview("--refresh");
    assert.match(text, new RegExp(`path\\s*: "only running: ${ours}" => "/nix/store/`));
    assert.match(text, /~ linux: "6\.1" => "6\.6"/);
    assert.match(text, /~ web\.service: "[0-9a-f]{12}" => "[0-9a-f]{12}"/);
    assert.doesNotMatch(text, /[-+~] clock\.service/);
  });

  it("says what runs where no resource of ours has been, and how it differs", async () => {
    await project.initStack("dev");
    await project.configure({ connection: host.connection() });
    await configure("6.12", { web, clock: web });
    const [said] = saidWith(await previewJson(project), "ProfileActivation::web");
    assert.match(
      String(said),
      new RegExp(`^${host.address} runs /nix/store/\\S+ now\n~ linux: 6\\.1 => 6\\.12$`),
    );
  });
});
