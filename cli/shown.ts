import { pathBefore, pathWanted } from "../provider/activation/rollback";
import { goesOn, type PastDeployment } from "../provider/deployment/history";
import { isStorePath, storePathName } from "../provider/values";
import { unitOf, unitShown, unitWanted } from "./unit";

/** `n2yx9wrd-site-1`: what people tell paths apart by. */
export function shortPath(path: string | undefined): string {
  if (path === undefined || path === "") return "-";
  return isStorePath(path) ? `${path.slice("/nix/store/".length).slice(0, 8)}-${storePathName(path)}` : path;
}

export function changeShown(deployment: PastDeployment): string {
  if (unitOf(deployment)) return `${unitShown(deployment.was)} → ${unitWanted(deployment)}`;
  return `${shortPath(pathBefore(deployment))} → ${shortPath(pathWanted(deployment))}`;
}

/** `restored: nobody confirmed it within 30 s`. */
export function resultShown(deployment: PastDeployment): string {
  const { outcome, reason, restoreReason } = deployment;
  if (outcome === undefined) return goingShown(deployment);
  const back = restoreReason === "" ? "" : `; the way back failed: ${restoreReason}`;
  return `${outcome}${reason === "" ? "" : `: ${reason}`}${back}`;
}

/** What one does that has not ended. */
export function goingShown({ phase = "", stuck, watched }: PastDeployment): string {
  if (stuck) return `stuck while ${phase}`;
  return watched ? phase : `cut off while ${phase}: its watchdog is gone`;
}

export function whenShown({ when }: PastDeployment): string {
  return when.replace("T", " ").replace("Z", "");
}

function fromAndTo(deployment: PastDeployment): { from: string | undefined; to: string | undefined } {
  if (unitOf(deployment)) return { from: unitShown(deployment.was), to: unitWanted(deployment) };
  return { from: pathBefore(deployment), to: pathWanted(deployment) };
}

/** For programs. */
export function asJson(deployment: PastDeployment, log?: string): object {
  const { id, when, subject, by, outcome, phase, reason, restoreReason, stuck, watched, age, notes } =
    deployment;
  return {
    id,
    when,
    finished: notes.get("finished"),
    subject,
    ...fromAndTo(deployment),
    by,
    result: outcome,
    reason,
    restoreReason,
    takenOver: deployment.takenOver,
    was: Object.fromEntries(deployment.was),
    is: Object.fromEntries(deployment.is),
    ...(goesOn(deployment) ? { phase, stuck, watched, age } : {}),
    log,
  };
}
