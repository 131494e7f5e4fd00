import type { Host } from "../host/host";
import { parseReply } from "./reply";
import type { UnitAddress } from "./unit-address";
import { runUnitProgram, unitProgram } from "./unit-program";

const program = unitProgram("apply-unit.sh");

export type DefinitionChange =
  | { readonly kind: "keep" }
  | { readonly kind: "write"; readonly content: string }
  | { readonly kind: "link"; readonly target: string };

/** What has to be done to a unit. */
export interface UnitChange {
  readonly definition: DefinitionChange;
  readonly enablement: "keep" | "enable" | "disable" | "reenable";
  readonly activity: "keep" | "start" | "restart" | "stop";
  /** Whether a file in the place is kept under another name. */
  readonly setAside: boolean;
}

export interface Applied {
  /** When the start or stop was asked for: seconds, by the host's clock. */
  readonly since: string;
  /** The unit's invocation before that. */
  readonly invocation: string;
  /** What systemctl said when it could not enable the unit, or refused to start or stop it. */
  readonly enableSaid: string;
  readonly activitySaid: string;
}

/** Does it, and does not wait for the start or stop. It goes on to its end when the connection is lost. */
export async function applyUnit(host: Host, unit: UnitAddress, change: UnitChange): Promise<Applied> {
  const { definition, enablement, activity } = change;
  const target = definition.kind === "link" ? [definition.target] : [];
  const args = [definition.kind, enablement, activity, change.setAside ? "set-aside" : "drop", ...target];
  const { stdout } = await runUnitProgram(host, program, unit, args, {
    doing: `changing ${unit.name}`,
    outlives: true,
    input: definition.kind === "write" ? definition.content : undefined,
  });
  const reply = parseReply(stdout);
  return {
    since: reply.one("since") ?? "",
    invocation: reply.one("invocation") ?? "",
    enableSaid: reply.one("enable_said") ?? "",
    activitySaid: reply.one("activity_said") ?? "",
  };
}
