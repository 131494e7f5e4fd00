import { setTimeout as delay } from "node:timers/promises";
import { ConnectError, InterruptedError } from "../errors";
import type { Context } from "../resource";
import type { GoingDeployment } from "./deployment";
import { follow, isLost, told } from "./follow";
import type { DeploymentRecord } from "./record";

/** Seconds for one login: what was sent to a machine that is off is not answered when it is on again. */
const loginLimit = 10;

/** Whether the machine restarts, there or back. */
export function isRestarting({ outcome, phase }: DeploymentRecord): boolean {
  return outcome === undefined && (phase === "rebooting" || phase === "rebooting-back");
}

/**
 * Asks a machine that restarts, each time over a connection of its own, until it is back and its deployment goes on.
 * @throws InterruptedError when it is not back in its time
 */
export async function backFromRestart(
  host: string,
  folder: string,
  restarting: DeploymentRecord,
  going: GoingDeployment,
  context: Context,
): Promise<DeploymentRecord> {
  const { restartSeconds = 0 } = going;
  const deadline = performance.now() + restartSeconds * 1000;
  context.status("the machine restarts");
  let last: Error | undefined;
  while (performance.now() < deadline) {
    await delay(1000);
    try {
      const record = await askedAnew(folder, (deadline - performance.now()) / 1000, going, context);
      if (!isSameRestart(record, restarting)) return record;
      last = undefined;
    } catch (error) {
      // A machine that boots refuses logins for a while (pam_nologin), and one that boots what is wrong may do so too.
      if (!isLost(error) && !(error instanceof ConnectError)) throw error;
      last = error;
    }
  }
  throw notBack(host, going, restarting, last);
}

function isSameRestart(record: DeploymentRecord, restarting: DeploymentRecord): boolean {
  return isRestarting(record) && bootOf(record) === bootOf(restarting);
}

function bootOf({ notes }: DeploymentRecord): string {
  return notes.get("restart_boot") ?? "unknown";
}

async function askedAnew(
  folder: string,
  left: number,
  going: GoingDeployment,
  context: Context,
): Promise<DeploymentRecord> {
  const { host, close } = await context.freshHost(going.connection, Math.max(1, Math.min(left, loginLimit)));
  try {
    return await told(host, follow, [folder], going, context);
  } finally {
    await close();
  }
}

function notBack(
  host: string,
  { id, doing, restartSeconds = 0 }: GoingDeployment,
  restarting: DeploymentRecord,
  last: Error | undefined,
): Error {
  const within = `within ${restartSeconds} s`;
  const boot = bootOf(restarting);
  const seen = last?.message.split("\n", 1)[0] ?? "";
  return new InterruptedError({
    doing,
    host,
    happened:
      last === undefined
        ? `it did not go down ${within} for its reboot: its boot id is ${boot} still`
        : `it did not come back ${within} after its reboot (its boot id was ${boot}): ${seen}`,
    hint:
      "when it boots, it takes back by itself what is not confirmed; one whose new system does not boot has to be " +
      `booted into the old one by hand. Once it is there again: pulumi-nix status ${host} (deployment ${id})`,
  });
}
