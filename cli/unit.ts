import type { PastDeployment } from "../provider/deployment/history";
import { observeUnit, type SeenUnit } from "../provider/systemd/observe";
import { textShown } from "../provider/systemd/unit-text";
import { addressOf, type UnitAddress } from "../provider/systemd/unit-address";
import type { Place } from "./place";

/** What of a unit's state people want to know; the rest is for programs. */
const told = ["kind", "target", "enabled", "ActiveState", "SubState", "Result"];

/** The scope and name of the unit that a deployment changed; undefined when it was no unit. */
export function unitOf({ folder }: PastDeployment): Pick<UnitAddress, "scope" | "name"> | undefined {
  const [, scope, name] = /\/units\/(system|user)-([^/]+)\/deployments\/[^/]+$/.exec(folder) ?? [];
  return name === undefined ? undefined : { scope: scope === "user" ? "user" : "system", name };
}

/** `text 1a2b3c4d, active`, or where the link leads; of a deployment that goes on, nothing is known behind it. */
export function unitShown(seen: ReadonlyMap<string, string>): string {
  const kind = seen.get("kind");
  if (kind === undefined) return "…";
  if (kind === "none") return "-";
  const text = seen.get("text");
  const definition =
    seen.get("target") ??
    (text === undefined ? undefined : textShown(Buffer.from(text, "base64").toString()));
  return [...(definition === undefined ? [] : [definition]), seen.get("ActiveState") ?? "not running"].join(
    ", ",
  );
}

/** What was asked for; of a record of an early version, what it was behind it. */
export function unitWanted({ notes, is }: PastDeployment): string {
  return notes.get("to") ?? unitShown(is);
}

export function toldOfUnit(seen: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...seen].filter(([name]) => told.includes(name)));
}

export function seenNow(
  { scope, name }: Pick<UnitAddress, "scope" | "name">,
  { host, user }: Place,
): Promise<SeenUnit> {
  // No resource asks, so no roots are looked for.
  return observeUnit(host, addressOf(host, { scope, name, user }), { id: "by-hand" });
}

export function seenShown({ definition, properties }: SeenUnit): string {
  if (definition.kind === "none") return "-";
  return `${definition.kind === "link" ? `${definition.target}, ` : ""}${properties.activeState}`;
}
