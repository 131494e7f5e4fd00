import { randomBytes } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { Connection } from "../connection";
import { ConnectError, InterruptedError, RefusedError, TimeoutError } from "../errors";
import type { Host } from "../host/host";
import { runProgram, type Program } from "../host/program";
import type { Context } from "../resource";
import { confirmed, type Confirmation } from "./confirm";
import { deploymentProgram } from "./program";
import { backFromRestart, isRestarting } from "./restart";
import { parseRecord, type DeploymentRecord } from "./record";

/** A change of something on a host that ends in one of two states: the new one, confirmed, or the one before. */
export interface Deployment {
  /** Completes "… failed": `activating /nix/store/…`. */
  readonly doing: string;
  /** For people: what is changed. */
  readonly subject: string;
  readonly connection: Connection;
  /** Whose it is, and who does it. */
  readonly user: string;
  /** A folder of ours on the host in which the records of this subject are kept. */
  readonly records: string;
  /** Our folder there. */
  readonly stateFolder: string;
  readonly watchdog: Program;
  /** What the watchdog's subject takes. */
  readonly args: readonly string[];
  /** What must not be seen in a list of processes. */
  readonly payload?: string | undefined;
  /** For the record: from and to. */
  readonly notes?: Readonly<Record<string, string>>;
  /** Seconds that it may take, there and back, without health checks and confirmation. */
  readonly seconds: number;
  /** Seconds in which the machine has to be back from a restart; undefined when it is not restarted. */
  readonly restartSeconds?: number | undefined;
  /** Whether it goes on only when nothing else of this run does. */
  readonly alone: boolean;
  readonly protection: Protection;
}

/** How a deployment is kept from doing harm. */
export interface Protection {
  /** Undefined when nobody confirms: what was done is good when it and the health checks have succeeded. */
  readonly confirm: Confirmation | undefined;
  /** What check.sh takes. */
  readonly checks: readonly string[];
  /** What the checks send and nobody may see: for `checks/secrets`. */
  readonly checkSecrets: string;
  /** Seconds that the checks may take in all, those from here among them. */
  readonly checkSeconds: number;
  /** Seconds of these for the checks from here. */
  readonly hereSeconds: number;
  /** Checks from here, before the confirmation; gives why they failed. Tells what it does. */
  checkFromHere(status: (doing: string) => void): Promise<string | undefined>;
  /** Seconds to wait for another coordinator's deployment. */
  readonly lockWait: number;
  /** Whether another coordinator's deployment that is past all its limits is ended. */
  readonly endStuck: boolean;
}

const start = deploymentProgram("start.sh", "follow.sh");
export const follow = deploymentProgram("follow.sh");

/** Tells deployments of this run from those of another coordinator. */
const run = randomBytes(8).toString("hex");
const recordsKept = 10;
/** Seconds that everything around the entry point may take, and that an unreachable host is waited for beyond that. */
const slack = 60;
/** Seconds: while it waits for its turn behind others it takes as long as those. */
const followLimit = 24 * 3600;

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

export type GoingDeployment = Deployment & { readonly id: string; readonly token: string };

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

/** Who begins a deployment, or ends one by hand. */
export function coordinator(): string {
  return `${userInfo().username} at ${hostname()}`;
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

/** Runs a program that ends with follow.sh, and shows meanwhile what the log gets. */
export async function told(
  host: Host,
  program: Program,
  args: readonly string[],
  { doing, user }: GoingDeployment,
  context: Context,
  input?: string,
): Promise<DeploymentRecord> {
  const { stdout } = await runProgram(host, program, args, {
    doing,
    as: user,
    input,
    timeout: followLimit,
    // It ends by itself, and what begins a deployment must not be ended half-way.
    outlives: true,
    shown: [program.name, args[0] ?? ""],
    onLine: (line) => context.status(line),
  });
  return parseRecord(stdout, host.name);
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

export function isLost(error: unknown): error is InterruptedError | ConnectError {
  return error instanceof InterruptedError || (error instanceof ConnectError && error.phase === "reach");
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
  if (record.outcome === "locked") throw locked(where, record);
  if (record.outcome === "refused") throw refused(where, record);
  if (record.outcome !== undefined) return record;
  if (record.phase === undefined) throw neverBegun(where);
  throw new TimeoutError({
    ...where,
    waited: going.seconds,
    lastSeen: record.log,
    changed: `deployment ${going.id} hangs while it is ${record.phase}`,
    hint: `pulumi-nix unlock ${host.name} ends it and brings back what was there`,
  });
}

function neverBegun(where: { doing: string; host: string }): RefusedError {
  const hint = "the connection was lost while it was being sent; try again";
  return new RefusedError({ ...where, happened: "it was never begun: nothing was changed", hint });
}

function locked(where: { doing: string; host: string }, { reason }: DeploymentRecord): RefusedError {
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
