import type { Definition, SeenUnit } from "./observe";
import { isUnsettled, isUp, runsOnce, type UnitProperties } from "./unit-properties";
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
  /** Whether what may be there is not ours: the unit is new to us, or was taken over as it was. */
  readonly untouched: boolean;
}

/** What has to be done so that a unit becomes what it should be. */
export function planChange(wish: Wish, seen: SeenUnit): UnitChange {
  const other = !sameDefinition(wish.definition, seen.definition);
  const enablement = enablementChange(wish.enabled, other, seen);
  const activity = wish.state === "started" ? startChange(wish, other, seen) : stopChange(wish, other, seen);
  const asAsked = !other && isLoaded(seen) && enablement === "keep" && activity === "keep";
  if (asAsked && wish.untouched && isUnmarked(seen.definition)) return nothing;
  return {
    definition: other || !sameOwner(wish.definition, seen.definition) ? wish.definition : { kind: "keep" },
    enablement,
    activity,
    setAside: wish.untouched ? asideOf(seen.definition) : undefined,
  };
}

const nothing: UnitChange = {
  definition: { kind: "keep" },
  enablement: "keep",
  activity: "keep",
  setAside: undefined,
};

/** Whether systemd has loaded what is in the place of the unit's file, and what is up was started from that. */
function isLoaded({ file, changedFor, properties }: SeenUnit): boolean {
  const changedSince = isUp(properties) && changedFor < properties.upFor;
  return properties.fragmentPath === file && !properties.needsReload && !changedSince;
}

/** Whether none of our resources has written it. */
function isUnmarked(seen: Definition): boolean {
  return seen.kind !== "file" || seen.owner === undefined;
}

/** What people wrote is kept; what another resource wrote can be had from there. */
function asideOf(seen: Definition): string | undefined {
  return seen.kind === "file" && isUnmarked(seen) ? seen.aside : undefined;
}

/** Whether nothing has to be done. */
export function isNothing(change: UnitChange): boolean {
  return change.definition.kind === "keep" && change.enablement === "keep" && change.activity === "keep";
}

/** To systemd a restart of what is down is a start, and to whoever reads about it. */
export function activityShown({ activity }: UnitChange, seen: SeenUnit): UnitChange["activity"] {
  return activity === "restart" && !isUp(seen.properties) ? "start" : activity;
}

export function sameDefinition(wanted: Wish["definition"], seen: Definition): boolean {
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

function startChange(wish: Wish, other: boolean, seen: SeenUnit): UnitChange["activity"] {
  const { properties } = seen;
  if (other || wish.restart || (wish.before === undefined && !isLoaded(seen))) return "restart";
  if (isUp(properties)) {
    // One that failed before has yet to show that it stays up: starting what is up only makes us wait for that.
    return wish.before === "failed" || isUnsettled(properties, wish.settle) ? "start" : "keep";
  }
  return ranAlready(wish, properties) ? "keep" : "start";
}

/** Whether it has run once, as it should, and well. Of what is new to us only systemd knows. */
function ranAlready({ before }: Wish, properties: UnitProperties): boolean {
  const wentWell = properties.activeState === "inactive" && properties.result === "success";
  const ran = before === "started" || (before === undefined && properties.exit !== undefined);
  return runsOnce(properties) && wentWell && ran;
}

// What a timer or socket has started is left to run: stopped means only that nobody has to start it now.
function stopChange({ before }: Wish, other: boolean, { properties }: SeenUnit): UnitChange["activity"] {
  if (properties.activeState === "inactive") return "keep";
  const same = before === "stopped" || (before === undefined && !other);
  if (properties.activeState !== "failed" && properties.triggeredBy !== "" && same) return "keep";
  return "stop";
}
