import assert from "node:assert/strict";
import { generateKeys } from "../../provider/nix/signing-keys";
import { pulumiNix } from "../cli/command-line";
import { sharedFleet, type Host } from "../fleet";
import { Project } from "./project";
import { siteNix } from "./site";

const program = `
interface Values {
  connection: nix.Connection; timeout: number; settle: number; confirm: object; onDestroy: "leave" | "remove";
}
const config = new pulumi.Config();
const { connection, timeout, settle, confirm, onDestroy } = config.requireObject<Values>("values");
const built = new nix.NixBuild("site", {
  file: "site.nix", args: { version: "1", builds: "/dev/null" }, buildOnPreview: timeout === 60,
});
const copy = new nix.ClosureCopy("copy", { connection, path: built.outPath, freeSpace: timeout + "M", signWith: config.requireSecret("key") });
const profile = new nix.ProfileActivation("profile", {
  connection, profile: "silent", path: copy.path, kind: "noop", onDestroy,
  timeout, keepGenerations: timeout,
});
new nix.SystemdUnit("unit", {
  connection, name: "silent.service", settle, timeout, confirm,
  sections: { Service: { ExecStart: "/bin/sleep inf" } }, restartTriggers: [profile.path],
});
`;

const first = { timeout: 60, settle: 0.1, confirm: { timeout: 30 }, onDestroy: "leave" };
const changed = { timeout: 61, settle: 0.2, confirm: { timeout: 31 }, onDestroy: "remove" };
const keys = [generateKeys("old-1").secretKey, generateKeys("new-1").secretKey] as const;

describe("inputs whose change needs nothing done", function () {
  let host: Host;
  let project: Project;

  before(async () => {
    host = (await sharedFleet({ trixie: 1 })).hosts[0] as Host;
    const yaml = "name: test\nruntime: nodejs\noptions:\n  refresh: always\n";
    project = await Project.create({ program, files: { "site.nix": siteNix, "Pulumi.yaml": yaml } });
    await configure(first, keys[0]);
    await project.up();
  });
  after(() => project.remove());

  async function configure(values: object, key: string): Promise<void> {
    await project.configure({ values: { connection: host.connection({}), ...values } });
    await project.configureSecret("key", key);
  }

  it("are no change, and go into the state", async () => {
    await configure(changed, keys[1]);
    await project.up("--expect-no-changes");
    assert.deepEqual(await inputsOf("ProfileActivation::profile"), { timeout: 61, keepGenerations: 61 });
  });

  it("are no change at the next look, and no drift in the report of it", async () => {
    const json = await project.succeed(
      "preview",
      "--refresh",
      "--json",
      "--show-sames",
      "--expect-no-changes",
    );
    const { stdout, stderr, code } = await pulumiNix(["report", "-"], { input: json });
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /no change/i);
    assert.doesNotMatch(stdout, /not as Pulumi left|differs/);
  });

  it("stay in the state at the next look, and are told of with no other change", async () => {
    await project.succeed("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    assert.deepEqual(await inputsOf("ProfileActivation::profile"), { timeout: 61, keepGenerations: 61 });
    assert.deepEqual(await inputsOf("SystemdUnit::unit"), { timeout: 61 });
    await host.sh("systemctl stop silent");
    // Read one after the other, so that no chance decides which is the first (docs/decisions/0003).
    const text = await project.preview("--parallel", "1");
    assert.match(text, /~ state *: "stopped" => "started"/);
    assert.doesNotMatch(text, /timeout|settle|confirm|freeSpace|buildOnPreview/);
    await project.up();
  });

  it("stay secret", async () => {
    const kept = JSON.stringify(await project.resources());
    for (const key of keys) assert.ok(!kept.includes(key.slice(key.indexOf(":") + 1)));
  });

  it("are heeded by what comes last: a destroy removes what the first update was to leave", async () => {
    assert.equal(await host.sh("ls -d /nix/var/nix/profiles/silent"), "/nix/var/nix/profiles/silent");
    await project.succeed("destroy", "--yes", "--skip-preview");
    assert.equal((await host.trySh("ls -d /nix/var/nix/profiles/silent*")).code, 2);
  });

  async function inputsOf(name: string): Promise<object> {
    const { inputs = {} } = (await project.resources()).find(({ urn }) => urn.endsWith(name)) ?? {};
    const names = ["timeout", "keepGenerations"];
    return Object.fromEntries(Object.entries(inputs).filter(([key]) => names.includes(key)));
  }
});
