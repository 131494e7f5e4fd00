import assert from "node:assert/strict";
import { sharedFleet, type Host } from "../fleet";
import { Project } from "./project";

/** The second host's address is an output of a resource on the first: unknown until that is made. */
const program = `
const config = new pulumi.Config();
const [first, second] = config.requireObject<any[]>("hosts");
const build = new nix.NixBuild("text", {
  expr: \`derivation { name = "text"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo text > $out" ]; }\`,
});
const copy = new nix.ClosureCopy("first", { connection: first, path: build.outPath });
const profile = new nix.ProfileActivation("first", {
  connection: first, profile: "unknown-test", path: copy.path, kind: "noop", onDestroy: "remove",
});
const connection = { ...second, host: profile.activePath.apply(() => second.host as string) };
new nix.ClosureCopy("second", { connection, path: build.outPath });
new nix.SystemdUnit("second", {
  connection,
  name: "unknown-test.service",
  sections: { Service: { ExecStart: pulumi.interpolate\`/bin/sleep \${profile.generation.apply((n) => n + 1000)}\` } },
});
`;

describe("a host that does not exist yet", () => {
  let hosts: Host[];
  let project: Project;

  before(async () => {
    hosts = (await sharedFleet({ bookworm: 1, trixie: 1 })).hosts;
    project = await Project.create({ program });
    await project.configure({ hosts: hosts.map((host) => host.connection()) });
  });
  after(() => project.remove());

  it("is shown as not known in a preview, and not dialled", async () => {
    const before = await hosts[1]?.acceptedLogins();
    const text = await project.preview();
    assert.match(text, /host\s*: \[unknown\]|host\s*: output<string>/);
    assert.match(text, /text\s*: \[unknown\]|text\s*: output<string>/);
    assert.equal(await hosts[1]?.acceptedLogins(), before);
  });

  it("is reached once it is known", async () => {
    await project.up();
    assert.equal(
      await hosts[1]?.sh("systemctl show -P ExecStart unknown-test.service | grep -c 'sleep 1001'"),
      "1",
    );
    await project.up("--expect-no-changes");
    await project.succeed("destroy", "--yes", "--skip-preview");
  });
});
