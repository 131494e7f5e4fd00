import { bootFleet, type Fleet, type FleetSize } from "./fleet";
import type { Host, Suite } from "./host";

/** Hosts that other tests of this process use too. */
export interface SharedHosts {
  hosts: Host[];
  bookworm: Host[];
  trixie: Host[];
  knownHostsPath: string;
}

let fleet: Promise<Fleet> | undefined;
let growth: Promise<unknown> = Promise.resolve();

/**
 * Hosts for tests that do them no harm: booted once per test process, more of them when a test asks for more, stopped
 * by the root hook in hooks.ts. Faults that an earlier test left are undone; files and units it left are not.
 */
export async function sharedFleet(size: FleetSize): Promise<SharedHosts> {
  const booted = await (fleet ??= bootFleet({}));
  // One at a time: two tests that ask at once must not both boot what is missing.
  const grown = growth.catch(() => undefined).then(() => grow(booted, size));
  growth = grown;
  await grown;
  return chosen(booted, size);
}

/** Stops the shared hosts, if any test has asked for them. */
export async function stopSharedFleet(): Promise<void> {
  const booted = fleet;
  fleet = undefined;
  // A fleet that did not boot is cleared already, and the test that wanted it has failed.
  await (await booted?.catch(() => undefined))?.stop();
}

async function grow(booted: Fleet, size: FleetSize): Promise<void> {
  const lacking = (suite: Suite) => Math.max(0, (size[suite] ?? 0) - booted.of(suite).length);
  await booted.add({ bookworm: lacking("bookworm"), trixie: lacking("trixie") });
}

async function chosen(booted: Fleet, size: FleetSize): Promise<SharedHosts> {
  const bookworm = booted.bookworm.slice(0, size.bookworm ?? 0);
  const trixie = booted.trixie.slice(0, size.trixie ?? 0);
  const hosts = [...bookworm, ...trixie];
  await Promise.all(hosts.map((host) => host.undoFaults()));
  return { hosts, bookworm, trixie, knownHostsPath: booted.knownHostsPath };
}
