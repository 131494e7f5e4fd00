import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Connection, Fleet, Host, Relay } from "../../test/fleet";

/** The hosts of a run, and how far away they are. */
export interface Distance {
  readonly hosts: number;
  /** Milliseconds that a round trip takes on top of what it takes here. */
  readonly delay: number;
}

/** A host as whoever deploys sees it. */
export interface Target {
  readonly host: Host;
  readonly connection: Connection;
}

/** Where to log in, for OpenSSH and Nix. */
export function addressOf({ connection }: Target): string {
  return `${connection.user}@${connection.host}`;
}

/** The options of OpenSSH's client for a host. */
export function sshWords({ host, connection }: Target, { knownHostsPath }: Place): string[] {
  const settings = [
    "BatchMode=yes",
    "IdentitiesOnly=yes",
    `UserKnownHostsFile=${knownHostsPath}`,
    "GlobalKnownHostsFile=/dev/null",
    // The way may lead through a relay, but the host is the same.
    `HostKeyAlias=${host.address}`,
  ];
  const options = ["-F", "none", "-i", host.privateKeyPath, "-p", String(connection.port)];
  return [...options, ...settings.flatMap((setting) => ["-o", setting])];
}

/** Some hosts of a fleet at a distance, with what goes over their cables counted. */
export class Place {
  private constructor(
    private readonly fleet: Fleet,
    readonly targets: readonly Target[],
    private readonly relays: readonly Relay[],
  ) {}

  static async at({ hosts, delay }: Distance, fleet: Fleet): Promise<Place> {
    const relays: Relay[] = [];
    const targets: Target[] = [];
    for (const host of fleet.hosts.slice(0, hosts)) {
      const direct = host.connection();
      const relay = delay === 0 ? undefined : await host.delay(delay);
      if (relay !== undefined) relays.push(relay);
      targets.push({
        host,
        connection: relay === undefined ? direct : { ...direct, host: relay.host, port: relay.port },
      });
    }
    return new Place(fleet, targets, relays);
  }

  get knownHostsPath(): string {
    return this.fleet.knownHostsPath;
  }

  /** Logins that the hosts' sshd have accepted, and bytes both ways by the kernel's counters, since they booted. */
  async counted(): Promise<Traffic> {
    const logins = await Promise.all(this.targets.map(({ host }) => host.acceptedLogins()));
    return { logins: sum(logins), bytes: sum(this.targets.map(({ host }) => this.bytesOf(host))) };
  }

  /** Takes away what was deployed. */
  async reset(): Promise<void> {
    const program = readFileSync(join(__dirname, "reset-host.sh"), "utf8");
    await Promise.all(this.targets.map(({ host }) => host.sh("sh -s", { input: program })));
  }

  async leave(): Promise<void> {
    await Promise.all(this.relays.map((relay) => relay.close()));
  }

  /** At the outer end of the host's cable (test/fleet/host-up.sh). */
  private bytesOf(host: Host): number {
    const counters = `/sys/class/net/v${this.fleet.number}-${host.number}/statistics`;
    return sum(["rx_bytes", "tx_bytes"].map((name) => Number(readFileSync(join(counters, name), "utf8"))));
  }
}

export interface Traffic {
  readonly logins: number;
  readonly bytes: number;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
