import assert from "node:assert/strict";
import { connectionSchema } from "../../provider/connection";
import type { Host as Machine } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import { storeSource } from "../../provider/copy/closure-source";
import { copyClosure } from "../../provider/copy/copy";
import { addRoots } from "../../provider/nix/roots";
import { parseStorePath, type StorePath } from "../../provider/values";
import { environment, run, setEnvironment, sharedFleet, type Host } from "../fleet";

/** A path that refers to another. */
const pair = (v: string): string => `
let
  make = name: command: derivation {
    name = "\${name}-${v}"; system = builtins.currentSystem; PATH = "/usr/bin:/bin";
    builder = "/bin/sh"; args = [ "-ec" command ];
  };
  below = make "below" "echo below >$out";
in make "above" "echo \${below} >$out"
`;

/** In place of a collector that has begun, which works too fast to be met: holds its lock, and writes down what it is told. */
const collector = `
use IO::Socket::UNIX; use IO::Handle; use Fcntl ":flock";
open(my $lock, ">>", "/nix/var/nix/gc.lock") or die; flock($lock, LOCK_EX) or die;
my $name = "/nix/var/nix/gc-socket/socket"; unlink $name;
my $socket = IO::Socket::UNIX->new(Local => $name, Listen => 5) or die;
open(my $told, ">>", "/run/told") or die; $told->autoflush;
while (my $client = $socket->accept) {
  next if fork;
  while (my $path = <$client>) { print $told $path; syswrite $client, "1"; }
  exit;
}
`;

describe("a copy and the garbage collector of its target", function () {
  const hosts = new Hosts();
  let host: Host;
  let source: Machine;
  let target: Machine;
  let made = 0;
  let restoreEnvironment: () => void;

  before(async () => {
    restoreEnvironment = setEnvironment(environment());
    host = (await sharedFleet({ bookworm: 1 })).hosts[0] as Host;
    source = await hosts.get({ local: true, elevate: "none" });
    target = await hosts.get(connectionSchema.parse(host.connection({})));
  });
  after(async () => {
    await hosts.close();
    restoreEnvironment();
  });

  /** A closure of two paths that no host has. */
  async function freshClosure(): Promise<{ path: StorePath; closure: StorePath[] }> {
    const expression = pair(`${process.pid}-${Date.now()}-${++made}`);
    const { stdout, stderr } = await run(["nix-build", "--no-out-link", "-E", expression]);
    assert.notEqual(stdout, "", stderr);
    const path = parseStorePath(stdout.trim());
    const closure = await run(["nix-store", "--query", "--requisites", path]);
    return { path, closure: closure.stdout.trim().split("\n").map(parseStorePath) };
  }

  const isValid = async (path: StorePath): Promise<boolean> =>
    (await host.trySh(`nix-store --check-validity ${path}`)).code === 0;

  it("what has just arrived is not collected before it is rooted", async () => {
    const { path, closure } = await freshClosure();
    const root = async (): Promise<void> => {
      await host.sh("nix-collect-garbage");
      await addRoots(target, undefined, "/var/lib/pulumi-nix/roots/copy-protection", [path], 1);
    };
    await copyClosure({
      source: storeSource(source),
      target: { host: target, as: undefined },
      paths: [path],
      root,
    });
    await host.sh("nix-collect-garbage");
    for (const each of closure) assert.ok(await isValid(each), each);
  });

  it("what was there already is not collected while the rest travels", async () => {
    const { path, closure } = await freshClosure();
    await importOf(closure.slice(0, 1));
    await copyClosure({
      source: storeSource(source),
      target: { host: target, as: undefined },
      paths: [path],
      root: () => host.sh("nix-collect-garbage").then(),
    });
    for (const each of closure) assert.ok(await isValid(each), each);
  });

  it("without the protection it would be: this is what the collector does", async () => {
    const { closure } = await freshClosure();
    await importOf(closure);
    for (const each of closure) assert.ok(await isValid(each), each);
    await host.sh("nix-collect-garbage");
    for (const each of closure) assert.equal(await isValid(each), false, each);
  });

  it("a collector that began while the root was being made is told of the path", async () => {
    const { path } = await freshClosure();
    const root = async (): Promise<void> => {
      await addRoots(target, undefined, "/var/lib/pulumi-nix/roots/copy-protection", [path], 1);
      await host.sh(
        "mkdir -p /nix/var/nix/gc-socket; cat >/run/collector; setsid perl /run/collector >/dev/null 2>&1 &",
        {
          input: collector,
        },
      );
      await host.until("[ -e /run/told ]");
    };
    try {
      const request = { source: storeSource(source), target: { host: target, as: undefined }, paths: [path] };
      await copyClosure({ ...request, root });
      assert.equal(await host.sh("cat /run/told"), path);
    } finally {
      await host.sh("pkill -f '[/]run/collector'; rm -rf /run/told /nix/var/nix/gc-socket/socket");
    }
  });

  it("a collector that never rests takes nothing", async () => {
    await host.sh(
      "touch /run/collecting; (while [ -e /run/collecting ]; do nix-collect-garbage; done) >/dev/null 2>&1 &",
    );
    try {
      for (let round = 0; round < 3; round++) {
        const { path, closure } = await freshClosure();
        const folder = `/var/lib/pulumi-nix/roots/copy-protection-${round}`;
        const root = (): Promise<void> => addRoots(target, undefined, folder, [path], 1);
        await copyClosure({
          source: storeSource(source),
          target: { host: target, as: undefined },
          paths: [path],
          root,
        });
        for (const each of closure) assert.ok(await isValid(each), each);
      }
    } finally {
      await host.sh("rm -rf /run/collecting /var/lib/pulumi-nix/roots/copy-protection*");
    }
  });

  /** What a copy without protection does: Nix's export into its import. */
  async function importOf(paths: readonly StorePath[]): Promise<void> {
    const file = host.path("root/exported");
    await run(["sh", "-c", 'file=$1; shift; nix-store --export "$@" >"$file"', "sh", file, ...paths]);
    await host.sh("nix-store --import </root/exported; rm /root/exported");
  }
});
