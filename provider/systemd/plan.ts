import type { Definition, SeenUnit } from "./observe";
import { isUnsettled, runsOnce } from "./unit-properties";
import { ownerOf, withoutOwner } from "./unit-text";

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

/** What the unit should be. */
export interface Wish {
  readonly definition: Exclude<DefinitionChange, { kind: "keep" }>;
  readonly enabled: boolean;
  readonly state: "started" | "stopped";
  /** Whether something else than its file asks for a restart. */
  readonly restart: boolean;
  /** Seconds. */
  readonly settle: number;
  /** The state that was asked for and reached before; undefined for a unit that is new to us. */
  readonly before: "started" | "stopped" | "failed" | undefined;
}

/** What has to be done so that a unit becomes what it should be. */
export function planChange(wish: Wish, seen: SeenUnit): UnitChange {
  const other = !sameDefinition(wish.definition, seen.definition);
  return {
    definition: other || !sameOwner(wish.definition, seen.definition) ? wish.definition : { kind: "keep" },
    enablement: enablementChange(wish.enabled, other, seen),
    activity: wish.state === "started" ? startChange(wish, other, seen) : stopChange(wish, seen),
    setAside: wish.before === undefined ? asideOf(seen.definition) : undefined,
  };
}

/** What people wrote is kept; what another resource wrote can be had from there. */
function asideOf(seen: Definition): string | undefined {
  return seen.kind === "file" && seen.owner === undefined ? seen.aside : undefined;
}

/** Whether nothing has to be done. */
export function isNothing(change: UnitChange): boolean {
  return change.definition.kind === "keep" && change.enablement === "keep" && change.activity === "keep";
}

function sameDefinition(wanted: Wish["definition"], seen: Definition): boolean {
  if (wanted.kind === "write") return seen.kind === "file" && seen.text === withoutOwner(wanted.content);
  return seen.kind === "link" && seen.target === wanted.target;
}

function sameOwner(wanted: Wish["definition"], seen: Definition): boolean {
  return wanted.kind === "link" || seen.kind !== "file" || seen.owner === ownerOf(wanted.content);
}

// Another file may be wanted by other targets, and the links of a linked unit lead to the former file: then the
// links are made anew.
function enablementChange(wanted: boolean, other: boolean, seen: SeenUnit): UnitChange["enablement"] {
  if (!wanted) return seen.enabled ? "disable" : "keep";
  if (other) return seen.enabled ? "reenable" : "enable";
  return seen.canBeEnabled && !seen.enabled ? "enable" : "keep";
}

function startChange(wish: Wish, other: boolean, { properties }: SeenUnit): UnitChange["activity"] {
  if (other || wish.restart || wish.before === undefined) return "restart";
  if (["active", "reloading", "refreshing"].includes(properties.activeState)) {
    // One that failed before has yet to show that it stays up: starting what is up only makes us wait for that.
    return wish.before === "failed" || isUnsettled(properties, wish.settle) ? "start" : "keep";
  }
  const ranAlready =
    runsOnce(properties) && properties.activeState === "inactive" && properties.result === "success";
  return ranAlready && wish.before === "started" ? "keep" : "start";
}

// What a timer or socket has started is left to run: stopped means only that nobody has to start it now.
function stopChange(wish: Wish, { properties }: SeenUnit): UnitChange["activity"] {
  if (properties.activeState === "inactive") return "keep";
  if (properties.activeState !== "failed" && properties.triggeredBy !== "" && wish.before === "stopped")
    return "keep";
  return "stop";
}
