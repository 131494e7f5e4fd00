import type { Host } from "../host/host";
import type { Applied } from "./apply";
import { parseReply } from "./reply";
import type { UnitAddress } from "./unit-address";
import { runUnitProgram, unitProgram } from "./unit-program";
import { unitProperties, type UnitProperties } from "./unit-properties";

const program = unitProgram("await-unit.sh");

/** Seconds that the connection may take on top of the wait. */
const grace = 60;

export interface Wait {
  readonly state: "started" | "stopped";
  /** Seconds. */
  readonly timeout: number;
  /** Seconds that it has to stay up. */
  readonly settle: number;
}

export interface Outcome {
  /** `late`: not what was asked when the time was over. */
  readonly verdict: "ok" | "failed" | "late";
  readonly properties: UnitProperties;
  /** The last lines of its journal since it was started or stopped, when the verdict is not ok. */
  readonly journal: string;
}

/** Waits on the host, in one round trip, until a unit is what was asked. */
export async function awaitUnit(
  host: Host,
  unit: UnitAddress,
  wait: Wait,
  applied: Applied,
): Promise<Outcome> {
  const hundredths = [wait.timeout, wait.settle].map((seconds) => String(Math.round(seconds * 100)));
  const args = [wait.state, ...hundredths, applied.since, applied.invocation];
  const { stdout } = await runUnitProgram(host, program, unit, args, {
    doing: `waiting until ${unit.name} is ${wait.state}`,
    timeout: wait.timeout + grace,
  });
  const reply = parseReply(stdout);
  const verdict = reply.one("verdict");
  return {
    verdict: verdict === "ok" || verdict === "late" ? verdict : "failed",
    properties: unitProperties(reply),
    journal: reply.text.trimEnd(),
  };
}
