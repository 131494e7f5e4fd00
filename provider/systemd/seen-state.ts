import type { SeenUnit } from "./observe";
import { sourceOf } from "./source";
import type { UnitScope } from "./unit-address";
import { unitTypeOf } from "./unit-name";
import { isUnsettled, runsOnce, type UnitProperties } from "./unit-properties";

export type UnitState = "started" | "stopped" | "failed";

/** What was asked for, as far as what is seen has to be read in its light. */
export interface Asked {
  readonly name: string;
  readonly scope: UnitScope;
  readonly source?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly state: UnitState;
  readonly settle: number;
}

/** What is on the host, in the words of the inputs, and systemd's own words for it. */
export interface SeenState {
  readonly source: string | undefined;
  readonly text: string | undefined;
  readonly enabled: boolean | undefined;
  readonly state: UnitState;
  readonly activeState: string;
  readonly subState: string;
  readonly unitFileState: string;
  readonly fragmentPath: string;
}

export function seenState(asked: Asked, seen: SeenUnit): SeenState {
  const { properties } = seen;
  return {
    ...seenDefinition(asked, seen),
    // Enabling what has no [Install] section does nothing, so there is nothing to see.
    enabled: seen.canBeEnabled ? seen.enabled : asked.enabled,
    state: stateSeen(asked, properties),
    ...steadyStates(asked, properties),
    unitFileState: properties.unitFileState,
    fragmentPath: properties.fragmentPath,
  };
}

function seenDefinition(
  { scope, name, source }: Asked,
  { definition }: SeenUnit,
): Pick<SeenState, "source" | "text"> {
  if (definition.kind === "file") return { source: undefined, text: definition.text };
  if (definition.kind === "none" || definition.dangles) return { source: undefined, text: undefined };
  const text = definition.target === "/dev/null" ? undefined : definition.text;
  return { source: sourceOf(definition.target, scope, name, source), text };
}

function stateSeen(asked: Asked, properties: UnitProperties): UnitState {
  const { activeState, subState, result } = properties;
  if (activeState === "failed" || subState.includes("auto-restart")) return "failed";
  if (isUnsettled(properties, asked.settle)) return "failed";
  if (activeState !== "inactive" && activeState !== "deactivating") {
    return isTriggered(asked, properties) ? "stopped" : "started";
  }
  const ran = runsOnce(properties) && result === "success";
  return ran && asked.state === "started" ? "started" : "stopped";
}

/** A unit that nobody starts but a timer, socket or path, whenever that is: running or not, it is as asked. */
function isTriggered(asked: Asked, properties: UnitProperties): boolean {
  return asked.state === "stopped" && properties.triggeredBy !== "";
}

/** systemd's states without those that come and go in a unit that is as it was: a refresh would show them as changes. */
function steadyStates(asked: Asked, properties: UnitProperties): Pick<SeenState, "activeState" | "subState"> {
  const { activeState, subState } = properties;
  if (activeState === "failed") return { activeState, subState };
  if (runsOnce(properties) || isTriggered(asked, properties))
    return { activeState: "inactive", subState: "dead" };
  if (activeState === "reloading" || activeState === "refreshing")
    return { activeState: "active", subState: "running" };
  if (activeState === "active")
    return { activeState, subState: idleStates[unitTypeOf(asked.name)] ?? subState };
  return { activeState, subState };
}

const idleStates: Readonly<Record<string, string>> = {
  timer: "waiting",
  path: "waiting",
  socket: "listening",
};
