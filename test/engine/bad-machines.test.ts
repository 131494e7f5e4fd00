import assert from "node:assert/strict";
import { bootFleet, run, sharedFleet, type Fleet, type Host } from "../fleet";
import { diagnostics, saidOf } from "./diagnostics";
import { faultsNix, freshVersion } from "./faults";
import { Project } from "./project";

const program = `
type Logins = Record<"root" | "deploy" | "operator" | "alice" | "dora" | "bob", nix.RemoteConnection>;
interface Values {
  v: string; script: string; unit: string; all?: boolean; bookworm: Logins; trixie: Logins; unanswered: string;
}
const { v, script, unit, all, bookworm, trixie, unanswered } = new pulumi.Config().requireObject<Values>("values");
const build = (name: string, args: object = {}): nix.NixBuild =>
  new nix.NixBuild(name, { file: "faults.nix", attr: name, args: { v, ...args } });
const path = build("small").outPath;
const copy = (name: string, connection: nix.RemoteConnection, more: Partial<nix.RemoteConnection> = {}): unknown =>
  new nix.ClosureCopy(name, { path, connection: { ...connection, dialErrorLimit: 1, ...more } });

if (all) {
  build("broken");
  copy("port-closed", bookworm.root, { port: 9 });
  copy("packets-dropped", bookworm.root, { host: unanswered, perDialTimeout: 1 });
  copy("wrong-host-key", bookworm.deploy, { hostKey: trixie.root.hostKey });
  copy("unknown-host-key", bookworm.dora, { hostKey: undefined, knownHosts: "/dev/null" });
  copy("refused-login", bookworm.bob, { password: "a wrong password" });
  copy("no-key", bookworm.root, { user: "nobody", privateKey: "not a key" });
  copy("wrong-sudo-password", bookworm.operator, { elevate: "sudo", elevatePassword: "a wrong sudo password" });
  copy("no-sudo-password", trixie.operator, { elevate: "sudo" });
  new nix.ProfileActivation("no-elevation", { connection: bookworm.alice, user: "root", profile: "x", path });
  copy("untrusted-login", bookworm.alice);
  copy("no-nix", trixie.root);
  copy("unverified", trixie.alice, { hostKey: undefined, verifyHostKey: false });
  new nix.ProfileActivation("not-copied", { connection: bookworm.root, profile: "y", path });
}
const activation = new nix.ClosureCopy("activation", {
  connection: bookworm.root, path: build("activation", { script }).outPath,
});
const profile = (name: string): unknown =>
  new nix.ProfileActivation(name, { connection: bookworm.root, profile: name, path: activation.path });
profile("faulty");
new nix.SystemdUnit("unit", {
  connection: bookworm.root,
  name: "faulty.service",
  sections: { Service: { ExecStart: unit }, Install: { WantedBy: "multi-user.target" } },
  settle: 0.2,
});
`;

const fails = "echo cannot bind port 80; exit 4";
const exits = "/bin/sh -c 'echo cannot open the database; exit 7'";

describe("machines that do not do as asked", function () {
  let bookworm: Host;
  let trixie: Host;
  let project: Project;
  let said: Map<string, string>;
  const v = freshVersion();

  before(async () => {
    const fleet = await sharedFleet({ bookworm: 1, trixie: 1 });
    [bookworm, trixie] = [fleet.bookworm[0] as Host, fleet.trixie[0] as Host];
    project = await Project.create({ program, files: { "faults.nix": faultsNix } });
    await trixie.sh("mv /usr/bin/nix-store /usr/bin/nix-store.away");
    await configure({ all: true, script: fails, unit: exits });
    // All at once, as a program with many mistakes would: each failure is told with its own resource.
    said = diagnostics(await project.pulumi("up", "--yes", "--skip-preview", "--continue-on-error"));
  });
  after(async () => {
    await trixie.sh("mv /usr/bin/nix-store.away /usr/bin/nix-store");
    await project.succeed("destroy", "--yes", "--skip-preview");
    await project.remove();
  });

  async function configure(values: object): Promise<void> {
    const users = ["root", "deploy", "operator", "alice", "dora", "bob"] as const;
    const connections = (host: Host): object =>
      Object.fromEntries(users.map((user) => [user, host.connection({ user })]));
    await project.configure({
      values: {
        v,
        bookworm: connections(bookworm),
        trixie: connections(trixie),
        unanswered: await unanswered(bookworm),
        ...values,
      },
    });
  }

  const tells = (name: string, ...lines: RegExp[]): void => {
    const text = saidOf(said, name);
    const found = text.split("\n");
    lines.forEach((line, index) => assert.match(found[index] ?? "", line, text));
    assert.equal(found.length, lines.length, text);
  };

  it("a build that fails: the end of its log", () => {
    const text = saidOf(said, "broken");
    assert.match(
      text,
      /^error: building \/nix\/store\/\S+-broken-\S+\.drv on this machine failed: exit code 1/,
    );
    assert.match(text, /line one\nthe compiler says no\nerror: builder for '\S+' failed with exit code 3/);
  });

  it("a machine that refuses the connection, and one that does not answer", () => {
    tells(
      "port-closed",
      /^error: opening the SSH connection on 10\.77\.\S+:9 failed: connect ECONNREFUSED 10\.77\.\S+:9$/,
      /^hint: is this the right machine, and does its sshd listen at 10\.77\.\S+ port 9\?$/,
    );
    tells(
      "packets-dropped",
      /^error: opening the SSH connection on 10\.77\.\S+\.250 failed: no answer in time$/,
      /^hint: is this the right machine, and does its sshd listen at 10\.77\.\S+\.250 port 22\?$/,
    );
  });

  it("a wrong host key loudly, an unknown one with its fingerprint and the line to set", async () => {
    const fingerprint = (await bookworm.sh("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub")).split(" ")[1];
    tells(
      "wrong-host-key",
      /^error: verifying the host key on deploy@10\.77\.\S+ failed: THE HOST KEY IS NOT THE KNOWN ONE\. Shown: ssh-ed25519 SHA256:\S+\. Known: hostKey$/,
      /^hint: someone may be answering in the machine's place/,
    );
    const text = saidOf(said, "unknown-host-key");
    assert.match(text, /^error: verifying the host key on dora@10\.77\.\S+ failed: its key is not known: /);
    assert.ok(text.includes(`ssh-ed25519 ${fingerprint}`), text);
    assert.ok(text.includes(`then set hostKey: "${bookworm.hostKey}"`), text);
  });

  it("a refused login, and a key that is none", () => {
    tells(
      "refused-login",
      /^error: logging in on bob@10\.77\.\S+ failed: the login as "bob" was refused \(tried: password\): no way to log in is left$/,
      /^hint: try the same by hand: ssh -p 22 bob@10\.77\.\S+; the reason is in sshd's log on the machine$/,
    );
    tells(
      "no-key",
      /^error: logging in on nobody@10\.77\.\S+ failed: privateKey cannot be used: Unsupported key format$/,
      /^hint: give the text of the private key file itself, in OpenSSH or PEM format$/,
    );
  });

  it("a wrong sudo password, one that is missing, and a login that cannot become another user", () => {
    tells(
      "wrong-sudo-password",
      /^error: looking around on operator@10\.77\.\S+ failed: sudo refused the password of "operator"$/,
      /^Sorry, try again\.$/,
      /^hint: check elevatePassword, and that "operator" may become "root" by sudo \(as that user: sudo -l\)$/,
    );
    tells(
      "no-sudo-password",
      /^error: looking around on operator@10\.77\.\S+ failed: "operator" could not become "root"$/,
      /^sudo: a password is required$/,
      /^hint: "operator" must be allowed .* by sudo without a password \(NOPASSWD\), or give elevatePassword$/,
    );
    tells(
      "no-elevation",
      /^error: looking around on alice@10\.77\.\S+ failed: this runs as "root", but the login is "alice"$/,
      /^hint: log in as "root", or set elevate: "sudo" or "doas" in the connection$/,
    );
  });

  it("a login that the Nix daemon does not trust: the three ways out", () => {
    tells(
      "untrusted-login",
      /^error: copying 1 path on alice@10\.77\.\S+ failed: the Nix daemon there does not trust the login "alice", and it lacks a signature that it accepts: \/nix\/store\/\S+-small-\S+$/,
      /^the machine is as before: nothing was sent$/,
      /^hint: one of: add alice to trusted-users in .*; sign the paths with signWith and .*; set elevate on the connection/,
    );
  });

  it("a machine without Nix, and a path that is not there", () => {
    tells(
      "no-nix",
      /^error: looking for Nix on 10\.77\.\S+ failed: Nix is not installed \(no nix-store in the PATH of "root"/,
      /^hint: install it there: apt-get install nix-bin nix-setup-systemd on Debian, else see https:\/\/nixos\.org/,
    );
    tells(
      "not-copied",
      /^error: activating \/nix\/store\/\S+-small-\S+ on 10\.77\.\S+ failed: it is not in the Nix store there$/,
      /^hint: copy it there first: give the activation the `path` of a ClosureCopy$/,
    );
  });

  it("that a host key is not verified", () => {
    const warning =
      /^warning: the host key of alice@10\.77\.\S+ is not verified \(verifyHostKey: false\): anyone on the way can read/m;
    assert.match([...said.values()].join("\n"), warning);
  });

  it("a first activation that fails, with no program to undo it: no profile is left, and it is said what may run", async () => {
    tells(
      "faulty",
      /^error: 1 error occurred:$/,
      /^\t\* activating \/nix\/store\/\S+ on 10\.77\.\S+ failed: bin\/pulumi-nix-activate ended with exit code 4$/,
      /^cannot bind port 80$/,
      /^the machine was changed: nothing was active before, and there is no program bin\/pulumi-nix-deactivate in /,
      /^hint: look at the machine; the next update starts from what is there$/,
    );
    assert.equal(await bookworm.sh("ls /nix/var/nix/profiles | grep faulty || true"), "");
    assert.equal((await project.outputs("ProfileActivation::faulty"))["activePath"], "");
  });

  it("a unit that exits at once: its state and journal; it is gone again", async () => {
    const text = saidOf(said, "unit");
    assert.match(
      text,
      /starting faulty\.service on 10\.77\.\S+ failed: it is failed \(failed\), result exit-code, main process exited, status 7\n/,
    );
    // systemd's line about the start and the program's own come in any order.
    assert.match(text, /\ncannot open the database\n/);
    assert.match(text, /\nfaulty\.service: Main process exited, code=exited, status=7/);
    assert.match(text, /\nthe machine is as before: there is no \/etc\/systemd\/system\/faulty\.service/);
    assert.equal(await bookworm.sh("systemctl list-units --all --plain --no-legend faulty.service"), "");
    assert.deepEqual(
      await project.resources().then((all) => all.filter(({ urn }) => urn.endsWith("::unit"))),
      [],
    );
  });

  describe("with a corrected program", () => {
    before(async () => {
      await configure({ script: "true", unit: "/bin/sleep inf" });
      await project.up();
    });

    it("the unit that failed is made", async () => {
      assert.equal(await bookworm.sh("systemctl is-active faulty.service"), "active");
      assert.equal((await project.outputs("::unit"))["activeState"], "active");
    });

    it("an activation that fails later puts the profile back: link, generation, no left-over", async () => {
      const links = async (): Promise<string> =>
        bookworm.sh("cd /nix/var/nix/profiles; ls -l --time-style=+ | grep faulty");
      const before = await links();
      const { path, activePath, generation } = await project.outputs("ProfileActivation::faulty");
      await configure({ script: fails, unit: "/bin/sleep inf" });
      said = diagnostics(await project.pulumi("up", "--yes", "--skip-preview"));
      tells(
        "faulty",
        /^error: activating \/nix\/store\/\S+ on 10\.77\.\S+ failed: bin\/pulumi-nix-activate ended with exit code 4$/,
        /^cannot bind port 80$/,
        new RegExp(
          `^the machine is as before: /nix/var/nix/profiles/faulty leads to generation ${String(generation)}, ${String(path)}; it is running ${String(path)} now$`,
        ),
      );
      assert.equal(await links(), before);
      const after = await project.outputs("ProfileActivation::faulty");
      assert.deepEqual(
        [after["path"], after["activePath"], after["generation"]],
        [path, activePath, generation],
      );
    });
  });
});

describe("a disk that fills up during a copy", function () {
  let fleet: Fleet;
  let project: Project;

  before(async () => {
    fleet = await bootFleet({ bookworm: 1 });
    project = await Project.create({ files: { "faults.nix": faultsNix } });
  });
  after(async () => {
    await fleet.stop();
    await project.remove();
  });

  it("is named, and when there is space again the next update goes on", async () => {
    const host = fleet.hosts[0] as Host;
    project.program(`
      const build = new nix.NixBuild("big", { file: "faults.nix", attr: "big", args: { v: "${freshVersion()}", megabytes: 8 } });
      new nix.ClosureCopy("copy", { connection: ${JSON.stringify(host.connection({}))}, path: build.outPath, freeSpace: false });
      export const path = build.outPath;
    `);
    await host.fillDisk("nix", 2048);
    const text = saidOf(diagnostics(await project.pulumi("up", "--yes", "--skip-preview")), "copy");
    assert.match(
      text,
      /^error: copying 1 path, at \S+-big-\S+, on 10\.77\.\S+ failed: exit code 1: nix-store --serve --write\n/,
    );
    assert.match(text, /No space left on device/);
    assert.match(text, /\nhint: it has filled meanwhile: collectGarbage: true makes room beforehand/);
    await host.freeDisk("nix");
    await project.up();
    await host.sh(`nix-store --verify-path ${await project.output("path")}`);
  });
});

/** An address of the hosts' network at which nobody is, and for which no neighbour says so: packets are dropped. */
async function unanswered(host: Host): Promise<string> {
  const address = host.address.replace(/\.\d+$/, ".250");
  const printed = (await run(["ip", "-j", "route", "get", host.address])).stdout;
  const devices = JSON.parse(printed) as { dev: string }[];
  const device = devices[0]?.dev ?? "";
  await run(["ip", "neigh", "replace", address, "lladdr", "02:00:00:00:00:fe", "dev", device]);
  return address;
}
