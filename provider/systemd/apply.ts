import type { Host } from "../host/host";
import { parseReply } from "./reply";
import type { UnitAddress } from "./unit-address";
import { runUnitProgram, unitProgram } from "./unit-program";
import { unitProperties, type UnitProperties } from "./unit-properties";

const program = unitProgram("await-unit.sh", "apply-unit.sh");

/** Seconds that a change may take on top of the wait for the unit. */
const grace = 120;

export type DefinitionChange =
  | { readonly kind: "keep" }
  | { readonly kind: "write"; readonly content: string }
  | { readonly kind: "link"; readonly target: string };

/** What has to be done to a unit. */
export interface UnitChange {
  readonly definition: DefinitionChange;
  readonly enablement: "keep" | "enable" | "disable" | "reenable";
  readonly activity: "keep" | "start" | "restart" | "stop";
  /** The other name under which a file in the place is kept, if it is. */
  readonly setAside: string | undefined;
}

export interface Patience {
  /** Seconds until the unit has to be what was asked. */
  readonly timeout: number;
  /** Seconds that it has to stay up. */
  readonly settle: number;
}

export interface Outcome {
  /** `late`: not what was asked when the time was over. */
  readonly verdict: "ok" | "failed" | "late";
  /** What systemctl said to the start or stop. */
  readonly said: string;
  /** What systemctl said when it could not enable the unit. */
  readonly enableSaid: string;
  readonly properties: UnitProperties;
  /** The last lines of the unit's journal since it was started or stopped, when the verdict is not ok. */
  readonly journal: string;
}

/**
 * Changes a unit and waits, on the host, until it is what was asked. When the connection is lost, the change is made
 * to its end all the same; only the wait ends.
 */
export async function applyUnit(
  host: Host,
  unit: UnitAddress,
  change: UnitChange,
  { timeout, settle }: Patience,
): Promise<Outcome> {
  const { definition, enablement, activity, setAside } = change;
  const hundredths = [timeout, settle].map((seconds) => String(Math.round(seconds * 100)));
  const args = [
    definition.kind,
    enablement,
    activity,
    setAside ?? "drop",
    ...hundredths,
    ...definitionArgument(definition),
  ];
  const { stdout } = await runUnitProgram(host, program, unit, args, {
    doing: `changing ${unit.name}`,
    input: definition.kind === "write" ? definition.content : undefined,
    timeout: timeout + grace,
  });
  return outcomeIn(stdout);
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

function outcomeIn(stdout: string): Outcome {
  const reply = parseReply(stdout);
  const verdict = reply.one("verdict");
  return {
    verdict: verdict === "ok" || verdict === "late" ? verdict : "failed",
    said: reply.one("activity_said")?.trim() ?? "",
    enableSaid: reply.one("enable_said")?.trim() ?? "",
    properties: unitProperties(reply),
    journal: reply.text.trimEnd(),
  };
}
