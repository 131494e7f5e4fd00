import { DeploymentError, type FailureDetails } from "../errors";
import type { UnitProperties } from "./unit-properties";

/** What a unit became that did not become what was asked. */
export interface Outcome {
  /** `late`: not what was asked when the time was over. */
  readonly verdict: "failed" | "late";
  /** What systemctl said to the start or stop. */
  readonly said: string;
  readonly properties: UnitProperties;
  /** The last lines of the unit's journal since it was started or stopped. */
  readonly journal: string;
}

/** A unit is not what was asked, or did not become it in time. */
export class UnitError extends DeploymentError {
  readonly unit: string;
  readonly activeState: string;
  readonly subState: string;
  /** systemd's word for how the last run ended: `success`, `exit-code`, `signal`, `timeout`, `start-limit-hit`, … */
  readonly result: string;
  /** The main process's exit code, or the number of the signal that ended it. */
  readonly exitStatus: number | undefined;
  /** The last lines of its journal since we started or stopped it. */
  readonly journal: readonly string[];
  readonly timedOut: boolean;

  constructor(details: FailureDetails & { unit: string; outcome: Outcome; waited: number }) {
    const { outcome } = details;
    const tail = [outcome.said, outcome.journal].filter((part) => part !== "").join("\n");
    super({ ...details, hint: details.hint ?? hintFor(outcome) }, happened(details), tail);
    const { activeState, subState, result, exit } = outcome.properties;
    this.unit = details.unit;
    this.activeState = activeState;
    this.subState = subState;
    this.result = result;
    this.exitStatus = exit?.status;
    this.journal = outcome.journal === "" ? [] : outcome.journal.split("\n");
    this.timedOut = outcome.verdict === "late";
  }
}

function happened({ outcome, waited }: { outcome: Outcome; waited: number }): string {
  const { properties } = outcome;
  const late = outcome.verdict === "late" ? ` after ${waited} s` : "";
  const facts = [`it is ${properties.activeState} (${properties.subState})${late}`];
  if (properties.loadState !== "loaded") facts.push(`its file is ${properties.loadState}`);
  if (properties.result !== "") facts.push(`result ${properties.result}`);
  if (properties.exit) facts.push(`main process ${properties.exit.how}, status ${properties.exit.status}`);
  if (properties.restarts > 0) facts.push(`restarted ${properties.restarts} times`);
  return facts.join(", ");
}

function hintFor({ verdict, properties }: Outcome): string | undefined {
  if (verdict === "late") return "give it more time with `timeout`, or look at why it takes so long";
  if (properties.activeState !== "inactive" || properties.loadState !== "loaded") return undefined;
  if (properties.exit) return "its process ended; a program that is done after one run wants Type: oneshot";
  // systemd may have forgotten the run by then.
  return "its process ended at once, or a Condition… of its [Unit] section is not met, or a unit that it requires failed";
}
