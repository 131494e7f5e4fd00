import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { ConnectError, InterruptedError, RefusedError, TimeoutError } from "../errors";
import type { Host } from "../host/host";
import type { Context } from "../resource";
import { confirmed } from "./confirm";
import { coordinator, run } from "./coordinator";
import type { Deployment, GoingDeployment } from "./deployment";
import { follow, isLost, told } from "./follow";
import { deploymentProgram } from "./program";
import { backFromRestart, isRestarting } from "./restart";
import type { DeploymentRecord } from "./record";

const start = deploymentProgram("start.sh", "follow.sh");

const recordsKept = 10;
/** Seconds that everything around the entry point may take, and that an unreachable host is waited for beyond that. */
const slack = 60;

/**
 * Carries a deployment out and returns its record, when it has ended as it should or was taken back.
 * @throws RefusedError when another coordinator is at it, or it was refused before anything changed
 * @throws TimeoutError when its watchdog does not come to an end
 * @throws InterruptedError when the host cannot be asked any more how it ended
 */
export async function deploy(
  host: Host,
  deployment: Deployment,
  context: Context,
): Promise<DeploymentRecord> {
  const going = { ...deployment, id: randomBytes(8).toString("hex"), token: randomBytes(16).toString("hex") };
  const folder = `${deployment.records}/${going.id}`;
  let record = await following(() => begin(host, folder, going, context), folder, going, context);
  while (record.outcome === undefined && !record.stuck) {
    if (isRestarting(record)) record = await backFromRestart(host.name, folder, record, going, context);
    else if (record.phase !== "waiting") break;
    else record = await following(() => confirmed(host, folder, going, context), folder, going, context);
  }
  return ended(host, record, going, context);
}

async function begin(
  host: Host,
  folder: string,
  going: GoingDeployment,
  context: Context,
): Promise<DeploymentRecord> {
  const { token, watchdog, payload = "", protection } = going;
  const notes = Object.entries(notesFor(going)).flat();
  const { checks, checkSecrets } = protection;
  const args = [folder, String(notes.length / 2), ...notes, String(checks.length), ...checks, ...going.args];
  const sizes = [watchdog.text, checkSecrets].map((text) => Buffer.byteLength(text)).join(" ");
  const input = `${token}\n${sizes}\n${watchdog.text}${checkSecrets}${payload}`;
  return told(host, start, args, going, context, input);
}

function notesFor({
  subject,
  stateFolder,
  seconds,
  restartSeconds = 0,
  alone,
  protection,
  notes,
}: GoingDeployment): Record<string, string> {
  const { confirm, checkSeconds, hereSeconds, lockWait, endStuck } = protection;
  const waits = checkSeconds + (confirm?.timeout ?? 0) + 2 * restartSeconds;
  return {
    subject,
    ...notes,
    by: coordinator(),
    run,
    locks: `${stateFolder}/lock`,
    seconds: String(Math.ceil(seconds + waits + slack)),
    restart_seconds: String(Math.ceil(restartSeconds)),
    alone: alone ? "yes" : "no",
    // The checks from here come first, while the machine waits.
    confirm: String(confirm ? Math.ceil(confirm.timeout + hereSeconds) : 0),
    lock_wait: String(Math.ceil(lockWait)),
    end_stuck: endStuck ? "yes" : "no",
    records: String(recordsKept),
  };
}

/** When the host is lost meanwhile, it is asked again until the deployment must have ended one way or the other. */
async function following(
  act: () => Promise<DeploymentRecord>,
  folder: string,
  going: GoingDeployment,
  context: Context,
): Promise<DeploymentRecord> {
  try {
    return await act();
  } catch (error) {
    if (!isLost(error)) throw error;
    context.status(`the connection was lost; asking ${error.host} again`);
    return asked(folder, going, context, error);
  }
}

async function asked(
  folder: string,
  going: GoingDeployment,
  context: Context,
  lost: ConnectError | InterruptedError,
): Promise<DeploymentRecord> {
  const { seconds, restartSeconds = 0, protection } = going;
  const waits =
    seconds + protection.checkSeconds + (protection.confirm?.timeout ?? 0) + 2 * restartSeconds + slack;
  const deadline = performance.now() + waits * 1000;
  let last = lost;
  while (performance.now() < deadline) {
    await delay(1000);
    try {
      const host = await context.host(going.connection);
      return await told(host, follow, [folder], going, context);
    } catch (error) {
      // One that boots, or is taking back what keeps us out, refuses us for a while.
      if (!isLost(error) && !(error instanceof ConnectError)) throw error;
      last = error;
    }
  }
  throw unknown(going, last, waits);
}

function unknown(
  { doing, id }: GoingDeployment,
  last: ConnectError | InterruptedError,
  waited: number,
): Error {
  return new InterruptedError({
    doing,
    host: last.host,
    happened: `${last.message.split("\n", 1)[0] ?? ""}; it was asked for again for ${waited} s`,
    hint:
      `what is not confirmed is taken back by the machine itself; when it is there again: ` +
      `pulumi-nix status ${last.host} (deployment ${id})`,
  });
}

function ended(
  host: Host,
  record: DeploymentRecord,
  going: GoingDeployment,
  context: Context,
): DeploymentRecord {
  for (const other of record.takenOver) {
    context.log("warning", `${host.name}: brought an earlier deployment to its end first: ${other}`);
  }
  const where = { doing: going.doing, host: host.name };
  if (record.outcome === "locked") throw lockedError(where, record.reason);
  if (record.outcome === "refused") throw refused(where, record);
  if (record.outcome !== undefined) return record;
  if (record.lost) throw lost(where, going);
  if (record.phase === undefined) throw neverBegun(where);
  throw new TimeoutError({
    ...where,
    waited: going.seconds,
    lastSeen: record.log,
    changed: `deployment ${going.id} hangs while it is ${record.phase}`,
    hint: `pulumi-nix unlock ${host.name} ends it and brings back what was there`,
  });
}

function lost(where: { doing: string; host: string }, { id, records }: GoingDeployment): InterruptedError {
  const happened = `the record of deployment ${id} was removed while it went on, with what is below ${records}`;
  return new InterruptedError({ ...where, happened, hint: "look at the machine" });
}

function neverBegun(where: { doing: string; host: string }): RefusedError {
  const hint = "the connection was lost while it was being sent; try again";
  return new RefusedError({ ...where, happened: "it was never begun: nothing was changed", hint });
}

/** Another coordinator is at it: the reason names it. */
export function lockedError(where: { doing: string; host: string }, reason: string): RefusedError {
  const hint = reason.endsWith("it is stuck")
    ? "lock: { endStuck: true } ends one that is stuck; by hand: pulumi-nix unlock"
    : "wait until it has ended, or give lock: { wait: SECONDS }";
  return new RefusedError({ ...where, happened: reason, hint });
}

function refused(where: { doing: string; host: string }, { reason, notes }: DeploymentRecord): RefusedError {
  const hint = notes.has("missing")
    ? "copy it there first: give the activation the `path` of a ClosureCopy"
    : undefined;
  return new RefusedError({ ...where, happened: reason, hint });
}
