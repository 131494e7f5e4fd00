import { z } from "zod";
import { RefusedError } from "../errors";

/** How a deployment ended. */
export const outcomes = ["done", "unchanged", "restored", "not-restored", "refused", "locked"] as const;
export type Outcome = (typeof outcomes)[number];

/** What is on the host about a deployment, as its watchdog has written it down. */
export interface DeploymentRecord {
  /** Undefined while it goes on. */
  readonly outcome: Outcome | undefined;
  /** What it is doing: `entering`, `activating`, `checking`, `waiting`, `committing`, `restoring`, `rebooting`,
   * `rebooting-back`. */
  readonly phase: string | undefined;
  /** Whether its folder was there and is not any more. */
  readonly lost: boolean;
  /** Whether the watchdog lives and yet is past all its limits. */
  readonly stuck: boolean;
  /** Why it failed or was refused. */
  readonly reason: string;
  /** Why what was there could not be brought back. */
  readonly restoreReason: string;
  /** What the subject was before, by name. */
  readonly was: ReadonlyMap<string, string>;
  /** What the subject is behind it, by name. */
  readonly is: ReadonlyMap<string, string>;
  /** Other deployments that were brought to an end first, for people. */
  readonly takenOver: readonly string[];
  /** What the log held when it failed: behind that is what was said on the way back. */
  readonly log: string;
  /** Every further `name value`. */
  readonly notes: ReadonlyMap<string, string>;
}

const lineForm = /^(\S+) ?(.*)$/;

/** Understands what follow.sh prints: lines `name value`, an empty line, the log. */
export function parseRecord(text: string, host: string): DeploymentRecord {
  const end = text.search(/\n\n|^\n/);
  const head = end < 0 ? text : text.slice(0, end);
  const pairs = head.split("\n").flatMap((line) => pairOf(line));
  const notes = new Map(pairs);
  const failedAt = Number(notes.get("failed_at"));
  const log = end < 0 ? "" : text.slice(end).replace(/^\n+/, "");
  return {
    outcome: notes.has("ended") ? outcomeOf(notes.get("outcome"), host, text) : undefined,
    phase: notes.get("phase"),
    lost: notes.get("lost") === "yes",
    stuck: notes.get("stuck") === "yes",
    reason: notes.get("reason") ?? "",
    restoreReason: notes.get("restore_reason") ?? "",
    was: observed("was", pairs),
    is: observed("is", pairs),
    takenOver: pairs
      .filter(([name]) => name === "taken_over" || name === "ended_stuck")
      .map(([, value]) => value),
    log: failedAt > 0 && failedAt < 65536 ? Buffer.from(log).subarray(0, failedAt).toString() : log,
    notes,
  };
}

function pairOf(line: string): [string, string][] {
  const found = lineForm.exec(line);
  return found ? [[found[1] ?? "", found[2] ?? ""]] : [];
}

function observed(prefix: string, pairs: [string, string][]): Map<string, string> {
  return new Map(pairs.filter(([name]) => name === prefix).flatMap(([, value]) => pairOf(value)));
}

function outcomeOf(text: string | undefined, host: string, record: string): Outcome {
  const outcome = z.enum(outcomes).safeParse(text);
  if (outcome.success) return outcome.data;
  throw new RefusedError({
    doing: "reading the record of a deployment",
    host,
    happened: `its outcome "${text ?? ""}" is not understood`,
    tail: record,
  });
}
