import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { sharedFleet, type Host } from "../fleet";
import { faultsNix, freshVersion } from "./faults";
import { leftOn, processesOf, providersOf, receivedBy, until } from "./processes";
import { Project } from "./project";

/** To one host a big copy, on the other an activation that logs its beginning and its end. */
const program = `
interface Values { v: string; copying: nix.Connection; activating: nix.Connection }
const { v, copying, activating } = new pulumi.Config().requireObject<Values>("values");
const script = "echo begin >>$PROFILE.log; while [ -e /run/hold ]; do sleep 0.05; done; echo end >>$PROFILE.log";
const build = (name: string): pulumi.Output<string> =>
  new nix.NixBuild(name, { file: "faults.nix", attr: name, args: { v, megabytes: 6, script } }).outPath;
export const big = build("big");
export const activation = build("activation");
new nix.ClosureCopy("copy", { connection: copying, path: big });
const { path } = new nix.ClosureCopy("small", { connection: activating, path: activation });
new nix.ProfileActivation("profile", { connection: activating, profile: "slow", path, confirm: { timeout: 6 } });
`;

/** Stands before Nix on a host: what is copied comes in part, and the rest when the file is gone. */
const holdingCopy = `#!/bin/sh
[ "$1" = --serve ] || exec /usr/bin/nix-store "$@"
{ dd bs=1 count=300000 2>/dev/null; while [ -e /run/hold ]; do sleep 0.05; done; cat; } |
  /usr/bin/nix-store "$@"
`;

describe("an update that is interrupted", function () {
  let copying: Host;
  let activating: Host;
  let project: Project;
  let connections: Record<string, object>;
  let generations: string;

  before(async () => {
    const { bookworm, trixie } = await sharedFleet({ bookworm: 1, trixie: 1 });
    [copying, activating] = [bookworm[0] as Host, trixie[0] as Host];
    project = await Project.create({ program, files: { "faults.nix": faultsNix } });
    connections = {
      copying: copying.connection({}),
      activating: { ...activating.connection({ user: "deploy" }), elevate: "sudo" },
    };
    await copying.sh(`cat >/usr/local/bin/nix-store; chmod +x /usr/local/bin/nix-store`, {
      input: holdingCopy,
    });
  });
  after(async () => {
    await release();
    await project.succeed("destroy", "--yes", "--skip-preview");
    await copying.sh("rm -f /usr/local/bin/nix-store");
    await activating.sh("rm -rf /nix/var/nix/profiles/slow*");
    await project.remove();
  });

  /** Lets go what waits on the hosts. */
  const release = (): Promise<unknown> =>
    Promise.all([copying, activating].map((host) => host.sh("rm -f /run/hold")));

  /** Starts an update and waits until it is in the midst of the copy and of the activation. */
  async function start(): Promise<ReturnType<Project["start"]>> {
    await project.configure({ values: { v: freshVersion(), ...connections } });
    await copying.sh("touch /run/hold");
    await activating.sh("touch /run/hold; rm -f /nix/var/nix/profiles/slow.log");
    generations = await generationsOf(activating);
    const started = project.start(["up", "--yes", "--skip-preview"]);
    await until("the copy is under way", async () => (await receivedBy(copying)) >= 300_000);
    await until("the activation has begun", async () => (await log(activating)) === "begin");
    for (const host of [copying, activating]) assert.notDeepEqual(await leftOn(host), []);
    return started;
  }

  /** The next update makes it all right, and no activation, there or back, was cut off before its end. */
  async function assertGoesOn(next = project.up()): Promise<void> {
    await next;
    await copying.sh(`nix-store --verify-path ${await project.output("big")}`);
    assert.match(await log(activating), /^begin\nend(\nbegin\nend)*$/);
    const made = (await generationsOf(activating)).replace(generations, "").trim();
    assert.match(made, /^slow-\d+-link$/);
    assert.equal(await activating.sh("readlink /nix/var/nix/profiles/slow"), made);
    const path = await project.output("activation");
    assert.equal(await activating.sh(`readlink -f /nix/var/nix/profiles/slow`), path);
    const outputs = await project.outputs("::profile");
    assert.deepEqual([outputs["path"], outputs["activePath"]], [path, path]);
  }

  async function assertNothingRuns(): Promise<void> {
    await until("nothing runs on this machine", () => shown(processesOf(project)));
    for (const host of [copying, activating])
      await until(`nothing runs on ${host.name}`, async () => shown(await leftOn(host)));
  }

  it("would show how far its copy is, and at the end what that took", async () => {
    const { process: engine, outcome } = await start();
    let text = "";
    engine.stdout?.on("data", (chunk: Buffer) => (text += chunk.toString()));
    const status =
      /ClosureCopy copy creating[^\n]* copying 0 of 1 paths, \d\.\d of 6\.0 MiB, \d+\.\d MiB\/s, \d+ s left/;
    await until("the copy's status is shown", () => status.test(text) || text);
    await release();
    const { code, stdout } = await outcome;
    assert.equal(code, 0, stdout);
    assert.match(stdout, /copied 1 of 1 paths, 6\.0 MiB in \d+\.\d s \(\d+\.\d MiB\/s\), to /);
  });

  it("by a provider that is killed", async () => {
    const { outcome } = await start();
    killProvider(project);
    assert.notEqual((await outcome).code, 0);
    await copying.sh("rm /run/hold");
    const next = project.up();
    next.catch(() => undefined);
    await until(
      "the next activation waits for this one",
      async () => (await deploymentsOn(activating)) === "2",
    );
    await release();
    await assertGoesOn(next);
    await assertNothingRuns();
  });

  it("by an engine that is killed: what served it ends too", async () => {
    const { process: engine, outcome } = await start();
    engine.kill("SIGKILL");
    await outcome;
    endLanguageHost(project);
    await until("its provider has ended", () => shown(processesOf(project)));
    await release();
    await assertNothingRuns();
    await project.succeed("cancel", "--yes");
    await assertGoesOn();
  });

  it("by the user once: what was begun is done", async () => {
    const { process: engine, outcome } = await start();
    await interrupt(engine);
    await release();
    const { code, stdout } = await outcome;
    assert.notEqual(code, 0);
    assert.match(stdout, /ClosureCopy copy (created|updated)/);
    await assertNothingRuns();
    await assertGoesOn();
  });

  it("by the user twice: at once, but the activation comes to its end", async () => {
    const { process: engine, outcome } = await start();
    await interrupt(engine);
    engine.kill("SIGINT");
    const { code, stdout } = await outcome;
    assert.notEqual(code, 0);
    assert.doesNotMatch(stdout, /ClosureCopy copy (created|updated)/);
    await until("the copy has ended", async () => shown(await leftOn(copying)));
    await release();
    await assertNothingRuns();
    await assertGoesOn();
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

/** How many go on or wait. */
function deploymentsOn(host: Host): Promise<string> {
  return host.sh("ls -d /var/lib/pulumi-nix/profiles/slow-*/deployments/*/alive | wc -l");
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
