import { Hosts } from "../../provider/host/pool";
import { profileActivation } from "../../provider/resources/profile-activation";
import type { Context } from "../../provider/resource";
import { checkInputs } from "../../provider/check";
import type { Host } from "../fleet";
import { untyped } from "../resources/managed";

/** A deployment whose coordinator goes silent before it confirms. */
export interface Waiting {
  readonly id: string;
  /** Of its record and the rest, on the host. */
  readonly folder: string;
}

/** Activates a path, and does not confirm it; returns when the host waits for that. */
export async function waitingDeployment(
  host: Host,
  inputs: object,
  stateFolder = "/var/lib/pulumi-nix",
): Promise<Waiting> {
  const hosts = new Hosts();
  const checked = checkInputs(untyped(profileActivation), { confirm: { timeout: 600 }, ...inputs }).inputs;
  const id = profileActivation.identify(checked as never, "urn:turned");
  const context: Context = {
    host: (connection) => hosts.get(connection),
    freshHost: () => new Promise(() => undefined),
    controller: await hosts.get({ local: true, elevate: "none" }),
    log: () => undefined,
    status: () => undefined,
  };
  const failed = profileActivation.ensure(id, checked as never, undefined, context).then(() => undefined);
  const record = await Promise.race([recordThatSays(host, "phase waiting", stateFolder), failed]);
  await hosts.close();
  if (record === undefined) throw new Error("it was confirmed");
  const folder = record.replace(/\/record$/, "");
  return { id: folder.slice(folder.lastIndexOf("/") + 1), folder };
}

async function recordThatSays(host: Host, line: string, stateFolder: string): Promise<string> {
  const find = `grep -lx '${line}' $(grep -L '^ended' ${stateFolder}/*/*/deployments/*/record)`;
  await host.until(find);
  return host.sh(find);
}

/** Stops its watchdog, which then does nothing any more, and lets its time be over. */
export async function stick(host: Host, { id, folder }: Waiting): Promise<void> {
  await host.sh(
    `kill -STOP $(systemctl show -P MainPID pulumi-nix-${id}); echo 'limit 1' >>${folder}/record`,
  );
}

/** Ends its watchdog for good, as when there is no systemd to start it again. */
export async function cutOff(host: Host, { id }: Waiting): Promise<void> {
  await host.sh(`systemctl stop pulumi-nix-${id}`);
}
