import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bootFleet, type Fleet, type Host } from "../../test/fleet";
import type { Machine } from "./machine";
import type { Place } from "./place";
import { tell } from "./story";

const port = "8080";

/** Two throw-away hosts, with an ssh configuration by which a person reaches them by name. */
export async function openFleetPlace(folder: string): Promise<Place> {
  const fleet = await bootFleet({ bookworm: 1, trixie: 1 });
  const sshConfig = join(folder, "ssh_config");
  writeFileSync(sshConfig, fleet.hosts.map((host) => sshEntry(fleet, host)).join("\n"));
  const machines = fleet.hosts.map((host) => machineOf(host, sshConfig));
  for (const { name, address } of fleet.hosts) tell(`${name} at ${address}`);
  return {
    kind: "fleet",
    machines,
    config: { hosts: JSON.stringify(Object.fromEntries(fleet.hosts.map(configOf))), port },
    privateKeyPath: fleet.hosts[0]?.privateKeyPath,
    disturbance: {
      told: `Somebody stops the page on ${machines[0]?.name}`,
      command: [...(machines[0]?.reach ?? []), "systemctl", "stop", "site.service"],
    },
    end: () => fleet.stop(),
  };
}

function configOf({ name, address, hostKey }: Host): [string, object] {
  return [name, { host: address, hostKey }];
}

function machineOf({ name, address }: Host, sshConfig: string): Machine {
  return {
    name,
    page: ["curl", "-sS", "--noproxy", "*", "--max-time", "10", `http://${address}:${port}/`],
    reach: ["ssh", "-F", sshConfig, name],
    profiles: "/nix/var/nix/profiles",
  };
}

function sshEntry(fleet: Fleet, { name, address, privateKeyPath }: Host): string {
  return `Host ${name}
  HostName ${address}
  User root
  IdentityFile ${privateKeyPath}
  IdentitiesOnly yes
  UserKnownHostsFile ${fleet.knownHostsPath}
  GlobalKnownHostsFile /dev/null
`;
}
