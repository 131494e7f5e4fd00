import type { Connection } from "../connection";
import { deploy } from "../deployment/deploy";
import type { Deployment, Protection } from "../deployment/deployment";
import type { DeploymentRecord } from "../deployment/record";
import { RefusedError } from "../errors";
import type { Host } from "../host/host";
import type { Context } from "../resource";
import { seenAgain, type SeenUnit } from "./observe";
import { activityShown, isNothing, type DefinitionChange, type UnitChange } from "./plan";
import type { UnitAddress } from "./unit-address";
import { UnitError, type Outcome } from "./unit-error";
import { unitWatchdog } from "./unit-program";
import { unitProperties } from "./unit-properties";
import { textShown } from "./unit-text";

/** What is to become of a unit of which we have had a look. */
export interface UnitRequest {
  readonly connection: Connection;
  readonly unit: UnitAddress;
  readonly change: UnitChange;
  readonly seen: SeenUnit;
  /** Seconds until the unit has to be what was asked. */
  readonly timeout: number;
  /** Seconds that it has to stay up. */
  readonly settle: number;
  /** The resource that asks. */
  readonly owner: string;
  readonly protection: Protection;
}

/** How the deployment of a unit ended. */
export interface UnitDeployment {
  readonly now: SeenUnit;
  readonly failure?: Error;
  /** Whether the unit is what it was before, the failure notwithstanding. */
  readonly restored?: boolean;
}

const watchdog = unitWatchdog();

/** Seconds that everything but the waiting for the unit may take. */
const grace = 120;

/**
 * Changes a unit, waits on the host until it is what was asked and confirms that. What fails is taken back there.
 * @throws what `deploy` throws
 */
export async function deployUnit(
  host: Host,
  request: UnitRequest,
  context: Context,
): Promise<UnitDeployment> {
  const { unit, change, seen } = request;
  context.status(`${gerundFor(change)} ${unit.name}`);
  const record = await deploy(host, deploymentOf(host, request), context);
  const now = seenAgain(seen, record.is);
  if (record.outcome === "done") return { now };
  return { now, failure: failureOf(host, request, record, now), restored: record.outcome === "restored" };
}

function deploymentOf(host: Host, request: UnitRequest): Deployment {
  const { connection, unit, change, seen, timeout, protection } = request;
  const { definition, activity } = change;
  return {
    doing: `${gerundOf(request)} ${unit.name}`,
    subject: seen.file,
    connection,
    user: unit.as ?? host.user,
    records: `${seen.records}/deployments`,
    stateFolder: seen.stateFolder,
    watchdog,
    args: argumentsFor(request),
    payload: definition.kind === "write" ? definition.content : undefined,
    // There, and back: down and up again.
    seconds: 3 * timeout + grace,
    notes: { resource: request.owner, to: changeShown(change) },
    alone: false,
    protection: protectionOf(activity, protection),
  };
}

/** What neither starts nor stops anything cannot cut us off; but what checks from here say is told by confirming. */
function protectionOf(activity: UnitChange["activity"], protection: Protection): Protection {
  const confirmed = activity !== "keep" || protection.hereSeconds > 0;
  return confirmed ? protection : { ...protection, confirm: undefined };
}

function argumentsFor({ unit, change, timeout, settle }: UnitRequest): string[] {
  const { definition, enablement, activity, setAside } = change;
  return [
    unit.scope,
    unit.name,
    definition.kind,
    enablement,
    activity,
    setAside ?? "drop",
    ...[timeout, settle].map((seconds) => String(Math.round(seconds * 100))),
    ...definitionArgument(definition),
  ];
}

/** For the history: what is to be there, as far as it is to change. */
function changeShown({ definition, enablement, activity }: UnitChange): string {
  const wanted = [
    ...(definition.kind === "write" ? [textShown(definition.content)] : []),
    ...(definition.kind === "link" ? [definition.target] : []),
    ...(activity === "keep" ? [] : [activity === "stop" ? "inactive" : "active"]),
  ];
  if (wanted.length > 0) return wanted.join(", ");
  return enablement === "keep" ? "as it was there" : `${enablement}d`;
}

/** Where a link leads, or how many bytes of text have to arrive. */
function definitionArgument(definition: DefinitionChange): string[] {
  switch (definition.kind) {
    case "keep":
      return [];
    case "write":
      return [String(Buffer.byteLength(definition.content))];
    case "link":
      return [definition.target];
  }
}

const gerunds = { keep: "changing", start: "starting", restart: "restarting", stop: "stopping" };

function gerundFor(change: UnitChange): string {
  return isNothing(change) ? "taking over" : gerunds[change.activity];
}

function gerundOf({ change, seen }: UnitRequest): string {
  return gerundFor({ ...change, activity: activityShown(change, seen) });
}

function failureOf(host: Host, request: UnitRequest, record: DeploymentRecord, now: SeenUnit): Error {
  const { unit, seen, timeout } = request;
  const outcome = outcomeIn(record);
  const details = {
    doing: `${gerundOf(request)} ${unit.name}`,
    host: host.name,
    hint: missingHint(seen),
    ...whatIsThere(unit, record, now),
  };
  if (outcome === undefined)
    return new RefusedError({ ...details, happened: record.reason, tail: record.log });
  return new UnitError({ ...details, unit: unit.name, outcome, waited: timeout });
}

/** What became of the unit itself; undefined when it was not that which failed. */
function outcomeIn({ notes, log }: DeploymentRecord): Outcome | undefined {
  const verdict = notes.get("verdict");
  if (verdict !== "failed" && verdict !== "late") return undefined;
  return {
    verdict,
    said: notes.get("said")?.trim() ?? "",
    properties: unitProperties({ one: (key) => notes.get(`unit_${key}`) }),
    journal: log.trimEnd(),
  };
}

function whatIsThere(
  { name }: UnitAddress,
  { outcome, restoreReason }: DeploymentRecord,
  { definition, file, properties }: SeenUnit,
): { kept: string } | { changed: string } {
  const state = `${name} is ${properties.activeState} (${properties.subState})`;
  if (outcome !== "restored") {
    return { changed: `putting back what was there failed too: ${restoreReason}; now ${state}` };
  }
  return { kept: definition.kind === "none" ? `there is no ${file}` : `${file} is what it was; ${state}` };
}

/** A path that a unit names but that is not on the host is the likeliest reason of all. */
function missingHint({ missing }: SeenUnit): string | undefined {
  if (missing.length === 0) return undefined;
  return `not in the Nix store there: ${missing.join(", ")}; let this unit depend on a ClosureCopy`;
}
