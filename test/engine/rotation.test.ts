import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { passwords, run, sharedFleet, type Host } from "../fleet";
import { faultsNix, freshVersion } from "./faults";
import { Project } from "./project";

const program = `
interface Values { v: string; connection: nix.Connection }
const { v, connection } = new pulumi.Config().requireObject<Values>("values");
const path = new nix.NixBuild("activation", { file: "faults.nix", attr: "activation", args: { v } }).outPath;
const copy = new nix.ClosureCopy("copy", { connection, path });
const profile = new nix.ProfileActivation("profile", { connection, profile: "rotated", path: copy.path, onDestroy: "remove" });
new nix.SystemdUnit("unit", {
  connection, name: "rotated.service", settle: 0.1,
  sections: { Service: { ExecStart: "/bin/sleep inf" } }, restartTriggers: [profile.path],
});
`;

const newPassword = "hunter3-operator";

describe("a rotated key and sudo password", function () {
  let host: Host;
  let project: Project;
  let folder: string;
  const v = freshVersion();

  before(async () => {
    host = (await sharedFleet({ bookworm: 1 })).hosts[0] as Host;
    folder = mkdtempSync(join(tmpdir(), "rotation-"));
    for (const name of ["old", "new"])
      await run([
        "ssh-keygen",
        "-q",
        "-t",
        "ed25519",
        "-N",
        "",
        "-C",
        `${name}-rotated`,
        "-f",
        join(folder, name),
      ]);
    await host.sh("cat >>/home/operator/.ssh/authorized_keys", { input: key("old.pub") + key("new.pub") });
    project = await Project.create({ program, files: { "faults.nix": faultsNix }, hasPassphrase: true });
    await configure("old", passwords.operator);
    await project.up();
  });
  after(async () => {
    await host.sh("sed -i /-rotated/d /home/operator/.ssh/authorized_keys");
    await setPassword(passwords.operator);
    await project.remove();
    rmSync(folder, { recursive: true });
  });

  const key = (name: string): string => readFileSync(join(folder, name), "utf8");
  const setPassword = (password: string): Promise<string> =>
    host.sh("chpasswd", { input: `operator:${password}\n` });

  async function configure(name: string, elevatePassword: string): Promise<void> {
    const connection = {
      ...host.connection({ user: "operator" }),
      privateKey: key(name),
      elevate: "sudo",
      elevatePassword,
    };
    await project.configure({ values: { v, connection } });
  }

  it("is no change, and nobody logs in for it", async () => {
    await configure("new", newPassword);
    const logins = await host.acceptedLogins();
    await project.preview("--expect-no-changes");
    await project.up("--expect-no-changes");
    assert.equal(await host.acceptedLogins(), logins);
  });

  it("is not lost by a refresh, of whatever resource that reads first", async () => {
    const read = await keysInState(project);
    assert.ok(read.size >= 3, [...read.keys()].join());
    for (const urn of read.keys()) {
      await project.succeed("refresh", "--yes", "--skip-preview", "--target", urn);
      assert.equal((await keysInState(project)).get(urn), key("new"), urn);
    }
  });

  it("is used by the next refresh, when the old ones are refused", async () => {
    await host.sh("sed -i /old-rotated/d /home/operator/.ssh/authorized_keys");
    await setPassword(newPassword);
    const text = await project.succeed("refresh", "--yes", "--skip-preview", "--expect-no-changes");
    assert.doesNotMatch(text, /not read|warning/);
  });

  it("is used by destroy", async () => {
    await project.succeed("destroy", "--yes", "--skip-preview");
    assert.equal(
      await host.sh(
        "ls -d /nix/var/nix/profiles/rotated* /etc/systemd/system/rotated.service 2>/dev/null || true",
      ),
      "",
    );
  });

  it("of a machine's only resource is not known to the first read: the state is kept, and it says so", async () => {
    await setPassword(passwords.operator);
    await host.sh("cat >>/home/operator/.ssh/authorized_keys", { input: key("old.pub") });
    project.program(
      program.replace(/const path = [^]*?(?=new nix.SystemdUnit)/, "").replace(/restartTriggers.*/, ""),
    );
    await configure("old", passwords.operator);
    await project.up();
    await configure("new", newPassword);
    await project.up("--expect-no-changes");
    await host.sh("sed -i /old-rotated/d /home/operator/.ssh/authorized_keys");
    await setPassword(newPassword);
    const text = await project.succeed("refresh", "--yes", "--skip-preview");
    assert.match(text, /warning: not read, its state is kept as it was: logging in on operator@\S+ failed/);
    await project.succeed("destroy", "--yes", "--skip-preview");
    assert.equal(await host.sh("ls /etc/systemd/system/rotated.service 2>/dev/null || true"), "");
  });
});

/** The keys that the next request about a resource brings, by its URN. */
async function keysInState(project: Project): Promise<Map<string, string>> {
  const { deployment } = JSON.parse(await project.succeed("stack", "export", "--show-secrets")) as {
    deployment: { resources: { urn: string; inputs?: { connection?: Record<string, unknown> } }[] };
  };
  const connections = deployment.resources.flatMap(({ urn, inputs }) =>
    inputs?.connection === undefined ? [] : [[urn, inputs.connection] as const],
  );
  return new Map(connections.map(([urn, { privateKey }]) => [urn, plain(privateKey)]));
}

/** A secret is shown as what it is encrypted from: JSON. */
function plain(value: unknown): string {
  if (typeof value === "string") return value;
  return JSON.parse((value as { plaintext: string }).plaintext) as string;
}
