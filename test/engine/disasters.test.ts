import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { bootFleet, type Fleet, type Host, type Relay } from "../fleet";
import { diagnostics, saidOf } from "./diagnostics";
import { faultsNix, freshVersion } from "./faults";
import { receivedBy, until } from "./processes";
import { Project } from "./project";
import type { StateResource } from "./stack-files";

/** On each host a small path, then a big one. */
const program = `
interface Values { v: string; hosts: Record<string, nix.Connection> }
const { v, hosts } = new pulumi.Config().requireObject<Values>("values");
const build = (name: string): nix.NixBuild =>
  new nix.NixBuild(name, { file: "faults.nix", attr: name, args: { v, megabytes: 16 } });
const [small, big] = [build("small"), build("big")];
for (const [name, connection] of Object.entries(hosts)) {
  const first = new nix.ClosureCopy(name + "-small", { connection, path: small.outPath });
  new nix.ClosureCopy(name + "-big", { connection, path: big.outPath }, { dependsOn: first });
}
export const path = big.outPath;
`;

/** Stands before Nix on a host, and never answers. */
const waiting = `#!/bin/sh
touch /root/asked
sleep 600
`;

describe("machines that vanish", function () {
  let fleet: Fleet;
  let dark: Host;
  let cut: Host;
  let relays: Relay[];
  let project: Project;

  before(async () => {
    fleet = await bootFleet({ bookworm: 1, trixie: 1 });
    [dark, cut] = fleet.hosts as [Host, Host];
    project = await Project.create({ program, files: { "faults.nix": faultsNix } });
    relays = await Promise.all(fleet.hosts.map((host) => host.delay(200)));
    const connection = (host: Host, index: number): object => ({
      ...host.connection({}),
      host: relays[index]?.host,
      port: relays[index]?.port,
      dialErrorLimit: 1,
      // A login takes many round trips, of 200 ms each.
      perDialTimeout: 6,
    });
    const hosts = { dark: connection(dark, 0), cut: connection(cut, 1) };
    await project.configure({ values: { v: freshVersion(), hosts } });
  });
  after(async () => {
    await fleet.stop();
    await project.remove();
  });

  const inState = async (): Promise<(StateResource & { modified?: string })[]> =>
    (await project.resources()).filter(({ type }) => type.endsWith("ClosureCopy"));

  it("during an update: it says that nobody knows how the copies ended", async function () {
    const { outcome } = project.start(["up", "--yes", "--skip-preview", "--continue-on-error"]);
    await until("the copies are under way", async () => {
      const received = await Promise.all(fleet.hosts.map(receivedBy));
      return received.every((bytes) => bytes > 1_000_000);
    });
    await Promise.all([dark.powerLoss(), cut.cutNetwork()]);
    const said = diagnostics(await outcome);
    const lost =
      /copying 1 path, at \S+-big-\S+, on 127\.0\.0\.1:\d+ failed: the connection was lost \((.*)\); how it ended is/;
    assert.match(saidOf(said, "dark-big"), lost);
    assert.match(saidOf(said, "cut-big"), lost);
    assert.match(saidOf(said, "cut-big"), /no answer for 30 s/);
    // Something may be there, and a deletion has to find it.
    const halfDone = (await inState()).filter(({ initErrors }) => initErrors !== undefined);
    assert.deepEqual(halfDone.map(nameOf).sort(), ["cut-big", "dark-big"]);
  });

  it("before a refresh: the state is kept, and it says so", async () => {
    const before = await inState();
    assert.deepEqual(before.map(nameOf).sort(), ["cut-big", "cut-small", "dark-big", "dark-small"]);
    const outcome = await project.pulumi("refresh", "--yes", "--skip-preview");
    assert.equal(outcome.code, 0, outcome.stdout);
    const said = diagnostics(outcome);
    for (const name of before.map(nameOf)) {
      assert.match(
        saidOf(said, name),
        /^warning: not read, its state is kept as it was: .* on 127\.0\.0\.1:\d+ failed: /,
      );
    }
    assert.deepEqual(ids(await inState()), ids(before));
  });

  it("before a destroy: it fails, and says how to forget what was on a machine that is gone for good", async () => {
    const outcome = await project.pulumi("destroy", "--yes", "--skip-preview");
    assert.notEqual(outcome.code, 0);
    assert.doesNotMatch(outcome.stdout, /^\s+at .*:\d+/m);
    const text = saidOf(diagnostics(outcome), "dark-big");
    assert.match(text, /^error: opening the SSH connection on 127\.0\.0\.1:\d+ failed: /);
    assert.match(
      text,
      /\nhint: when the machine is gone for good, set PULUMI_NIX_DELETE_UNREACHABLE=true to forget/,
    );
    assert.equal((await inState()).length, 4);
  });

  it("and come back: the next update goes on", async () => {
    await Promise.all([dark.boot(), cut.restoreNetwork()]);
    await project.up();
    const path = await project.output("path");
    for (const host of fleet.hosts) await host.sh(`nix-store --verify-path ${path}`);
  });

  it("during a refresh: the state is kept, and it says so", async () => {
    const before = await inState();
    await cut.sh("cat >/usr/local/bin/nix-store; chmod +x /usr/local/bin/nix-store", { input: waiting });
    const { outcome } = project.start(["refresh", "--yes", "--skip-preview"]);
    await until("it asks the store", () => existsSync(cut.path("root/asked")));
    await relays[1]?.close();
    const refreshed = await outcome;
    assert.equal(refreshed.code, 0, refreshed.stdout);
    const text = saidOf(diagnostics(refreshed), "cut-small");
    assert.match(
      text,
      /^warning: not read, its state is kept as it was: .* on 127\.0\.0\.1:\d+ failed: the connection was lost/,
    );
    assert.deepEqual(ids(await inState()), ids(before));
  });
});

function nameOf({ urn }: StateResource): string {
  return urn.split("::").at(-1) ?? "";
}

function ids(resources: readonly StateResource[]): unknown[] {
  return resources.map(({ urn, id, outputs }) => [urn, id, outputs?.["path"]]);
}
