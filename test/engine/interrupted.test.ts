import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { sharedFleet, type Host } from "../fleet";
import { faultsNix, freshVersion } from "./faults";
import { leftOn, processesOf, providersOf, receivedBy, until } from "./processes";
import { Project } from "./project";

/** On each host a big copy, or an activation that takes its time and logs its beginning and end. */
const program = `
const { v, hosts, what } = new pulumi.Config().requireObject<any>("values");
const script = "echo begin >>$PROFILE.log; while [ -e /run/hold ]; do sleep 0.05; done; echo end >>$PROFILE.log";
const build = (name: string): nix.NixBuild =>
  new nix.NixBuild(name, { file: "faults.nix", attr: name, args: { v, megabytes: 6, script } });
const path = build(what === "copies" ? "big" : "activation").outPath;
for (const [name, connection] of Object.entries<any>(hosts)) {
  const copy = new nix.ClosureCopy(name, { connection, path });
  if (what === "activations") new nix.ProfileActivation(name, { connection, profile: "slow", path: copy.path });
}
export const wanted = path;
`;

/** Stands before Nix on a host: an import gets a part of its input, and the rest when the file is gone. */
const holdingImport = `#!/bin/sh
[ "$1" = --import ] || exec /usr/bin/nix-store "$@"
{ head -c 1000000; while [ -e /run/hold-import ]; do sleep 0.05; done; cat; } | /usr/bin/nix-store --import
`;

describe("an update that is interrupted", function () {
  let hosts: Host[];
  let project: Project;
  let connections: Record<string, object>;
  let generations: string[];

  before(async () => {
    const fleet = await sharedFleet({ bookworm: 1, trixie: 1 });
    hosts = fleet.hosts;
    project = await Project.create({ program, files: { "faults.nix": faultsNix } });
    const [bookworm, trixie] = hosts as [Host, Host];
    connections = {
      root: bookworm.connection({}),
      sudo: { ...trixie.connection({ user: "deploy" }), elevate: "sudo" },
    };
    await onHosts(`cat >/usr/local/bin/nix-store; chmod +x /usr/local/bin/nix-store`, holdingImport);
  });
  after(async () => {
    await project.succeed("destroy", "--yes", "--skip-preview");
    await onHosts("rm -rf /nix/var/nix/profiles/slow* /usr/local/bin/nix-store /run/hold*");
    await project.remove();
  });

  const onHosts = (command: string, input = ""): Promise<string[]> =>
    Promise.all(hosts.map((host) => host.sh(command, { input })));
  /** Lets go what waits on the hosts. */
  const release = (): Promise<unknown> => onHosts("rm -f /run/hold /run/hold-import");

  const start = (): ReturnType<Project["start"]> => project.start(["up", "--yes", "--skip-preview"]);

  /** Starts an update and waits until it is in the midst of copying to every host. */
  async function startCopying(): Promise<ReturnType<Project["start"]>> {
    await project.configure({ values: { v: freshVersion(), hosts: connections, what: "copies" } });
    await onHosts("touch /run/hold-import");
    const started = start();
    await until("the copies are under way", async () =>
      (await Promise.all(hosts.map(receivedBy))).every((bytes) => bytes >= 1_000_000),
    );
    return started;
  }

  /** Starts an update and waits until an entry point runs on every host. */
  async function startActivating(): Promise<ReturnType<Project["start"]>> {
    await project.configure({ values: { v: freshVersion(), hosts: connections, what: "activations" } });
    await onHosts("touch /run/hold; rm -f /nix/var/nix/profiles/slow.log");
    generations = await Promise.all(hosts.map(generationsOf));
    const started = start();
    await until("the activations have begun", async () =>
      (await Promise.all(hosts.map(log))).every((text) => text === "begin"),
    );
    return started;
  }

  async function assertCopied(): Promise<void> {
    const path = await project.succeed("stack", "output", "wanted");
    await Promise.all(hosts.map((host) => host.sh(`nix-store --verify-path ${path}`)));
  }

  async function assertActivatedOnce(): Promise<void> {
    const path = (await project.succeed("stack", "output", "wanted")).trim();
    for (const [index, host] of hosts.entries()) {
      assert.equal(await log(host), "begin\nend", host.name);
      const made = (await generationsOf(host)).replace(String(generations[index]), "").trim();
      assert.match(made, /^slow-\d+-link$/);
      assert.equal(await host.sh(`readlink -f /nix/var/nix/profiles/${made}`), path);
      assert.equal(await host.sh("readlink /nix/var/nix/profiles/slow"), made);
    }
    for (const name of Object.keys(connections)) {
      const outputs = await project.outputs(`ProfileActivation::${name}`);
      assert.deepEqual([outputs["path"], outputs["activePath"]], [path, path]);
    }
  }

  async function assertNothingRuns(): Promise<void> {
    await until("nothing runs on this machine", () => shown(processesOf(project)));
    for (const host of hosts)
      await until(`nothing runs on ${host.name}`, async () => shown(await leftOn(host)));
  }

  it("by a provider that is killed during copies: the next one copies", async () => {
    const { outcome } = await startCopying();
    killProvider(project);
    assert.notEqual((await outcome).code, 0);
    await release();
    await assertNothingRuns();
    await project.up();
    await assertCopied();
  });

  it("by a provider that is killed during activations: they come to their end, once", async () => {
    const { outcome } = await startActivating();
    killProvider(project);
    assert.notEqual((await outcome).code, 0);
    const next = project.up();
    await release();
    await next;
    await assertActivatedOnce();
    await assertNothingRuns();
  });

  it("by an engine that is killed: what served it ends too, and the next one goes on", async () => {
    const { process: engine, outcome } = await startActivating();
    engine.kill("SIGKILL");
    await outcome;
    endLanguageHost(project);
    await release();
    await assertNothingRuns();
    await project.succeed("cancel", "--yes");
    await project.up();
    await assertActivatedOnce();
  });

  it("by the user once: what was begun is done, nothing is left running", async () => {
    const { process: engine, outcome } = await startCopying();
    await interrupt(engine);
    await release();
    const { code, stdout } = await outcome;
    assert.notEqual(code, 0);
    assert.match(stdout, /ClosureCopy root (created|updated)/);
    await assertNothingRuns();
    await project.up();
    await assertCopied();
  });

  it("by the user twice: at once, and nothing is left running", async () => {
    const { process: engine, outcome } = await startCopying();
    await interrupt(engine);
    engine.kill("SIGINT");
    const { code, stdout } = await outcome;
    assert.notEqual(code, 0);
    assert.doesNotMatch(stdout, /ClosureCopy root (created|updated)/);
    await assertNothingRuns();
    await release();
    await project.up();
    await assertCopied();
  });

  it("by the user twice during activations: those come to their end all the same, once", async () => {
    const { process: engine, outcome } = await startActivating();
    await interrupt(engine);
    engine.kill("SIGINT");
    assert.notEqual((await outcome).code, 0);
    await release();
    await project.up();
    await assertActivatedOnce();
    await assertNothingRuns();
  });
});

/** The first ^C, taken by the engine: two that come together count as one. */
async function interrupt(engine: ChildProcess): Promise<void> {
  const taken = new Promise<void>((resolve) => {
    engine.stdout?.on("data", (chunk: Buffer) => chunk.includes("^C received") && resolve());
  });
  engine.kill("SIGINT");
  await taken;
}

/** The end of a wait for nothing. */
function shown(left: readonly unknown[]): true | string {
  return left.length === 0 || JSON.stringify(left, null, 1);
}

function log(host: Host): Promise<string> {
  return host.sh("cat /nix/var/nix/profiles/slow.log 2>/dev/null || true");
}

function generationsOf(host: Host): Promise<string> {
  return host.sh("cd /nix/var/nix/profiles; ls -d slow-*-link 2>/dev/null || true");
}

function killProvider(project: Project): void {
  const found = providersOf(project);
  assert.equal(found.length, 1, JSON.stringify(found));
  for (const { pid } of found) process.kill(pid, "SIGKILL");
}

/** Pulumi's own, which does not notice that the engine is gone. */
function endLanguageHost(project: Project): void {
  const found = processesOf(project).filter(({ command }) => command.includes("/pulumi-language-nodejs "));
  for (const { pid } of found) process.kill(pid, "SIGKILL");
}
