import { setTimeout as delay } from "node:timers/promises";
import { ConnectError } from "../errors";
import type { Host } from "../host/host";
import type { Context } from "../resource";
import type { GoingDeployment } from "./deployment";
import { isLost, told } from "./follow";
import { deploymentProgram } from "./program";
import type { DeploymentRecord } from "./record";

const answer = deploymentProgram("answer.sh", "follow.sh");

/**
 * Confirms a deployment that waits, over a connection and a login of its own: what broke sshd, the firewall, the keys
 * or the network is found so. When that fails the machine goes back at once, if it can still be told.
 */
export async function confirmed(
  host: Host,
  folder: string,
  going: GoingDeployment,
  context: Context,
): Promise<DeploymentRecord> {
  context.status(`checking and confirming ${going.subject}`);
  const unhealthy = await going.protection.checkFromHere((doing) => context.status(doing));
  if (unhealthy !== undefined) return cancelled(unhealthy, host, folder, going, context);
  const record = await answeredAnew(folder, going, context);
  if (!(record instanceof Error)) return record;
  const reason = `it could not be confirmed over a new connection: ${record.message.split("\n", 1)[0] ?? ""}`;
  return cancelled(reason, host, folder, going, context);
}

async function answeredAnew(
  folder: string,
  going: GoingDeployment,
  context: Context,
): Promise<DeploymentRecord | Error> {
  const { timeout = 30, attempts = 1 } = going.protection.confirm ?? {};
  const deadline = performance.now() + timeout * 1000;
  for (let attempt = 1; ; attempt++) {
    const left = Math.max(1, (deadline - performance.now()) / 1000);
    try {
      return await answeredOnce(folder, going, context, left / (attempts - attempt + 1));
    } catch (error) {
      if (!(error instanceof Error) || !(isLost(error) || error instanceof ConnectError)) throw error;
      // Nothing that time mends.
      if (!isLost(error) || attempt >= attempts) return error;
    }
    // The tries are spread over the time that there is.
    await delay(Math.max(0, deadline - performance.now()) / (attempts - attempt + 1));
  }
}

async function answeredOnce(
  folder: string,
  going: GoingDeployment,
  context: Context,
  seconds: number,
): Promise<DeploymentRecord> {
  const { host, close } = await context.freshHost(going.connection, seconds);
  try {
    // Without standard input: that could only be sent when the command is known to run, a round trip later.
    return await told(host, answer, [folder, "confirm", going.token], going, context);
  } finally {
    await close();
  }
}

function cancelled(
  reason: string,
  host: Host,
  folder: string,
  going: GoingDeployment,
  context: Context,
): Promise<DeploymentRecord> {
  context.status(`taking back: ${reason}`);
  const args = [folder, "cancel", going.token];
  return told(host, answer, args, going, context, `${reason.replaceAll("\n", " ")}\n`);
}
