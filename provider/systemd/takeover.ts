import type { Host } from "../host/host";
import { storePathsIn } from "../values";
import { observeUnit, type Definition, type SeenUnit } from "./observe";
import { activityShown, isNothing, planChange, sameDefinition, type UnitChange, type Wish } from "./plan";
import { addressOf } from "./unit-address";
import type { SystemdUnitInputs } from "./unit-inputs";
import { isUp } from "./unit-properties";
import { questionFor, wishFor } from "./wish";

/** What a preview says of a unit that is new to the stack and there already; undefined when its file is not. */
export async function tellTakeover(host: Host, inputs: SystemdUnitInputs): Promise<string | undefined> {
  // A preview has no id, and nothing to protect.
  const question = { ...questionFor("", inputs), paths: [] };
  const seen = await observeUnit(host, addressOf(host, inputs), question);
  if (seen.definition.kind === "none") return undefined;
  const there = `${inputs.name} is there already on ${host.name}`;
  if (!seen.running) return `${there}; how it is will be known when the systemd of its user runs`;
  const wish = wishFor(ownerSeen(seen.definition), inputs, undefined, seen.unitInSource ?? inputs.source);
  const change = planChange(wish, seen);
  if (isNothing(change)) return `${there}: would be taken over as it is`;
  return `${there}${difference(wish, seen.definition)}: ${changeTold(change, seen)}`;
}

/** Taken for ours, whichever of our resources has written it: its first line alone restarts nothing. */
function ownerSeen(seen: Definition): string {
  return (seen.kind === "file" ? seen.owner : undefined) ?? "";
}

function difference({ definition: wanted }: Wish, seen: Definition): string {
  if (sameDefinition(wanted, seen)) return "";
  if (seen.kind === "link") return ` as a link to ${seen.target}`;
  return wanted.kind === "link" ? " as a file" : " with another text";
}

const participles = { start: "started", restart: "restarted", stop: "stopped" };

function changeTold(change: UnitChange, seen: SeenUnit): string {
  const { definition, enablement, setAside } = change;
  const activity = activityShown(change, seen);
  const verbs = [
    ...(definition.kind === "keep" ? [] : ["replaced"]),
    ...(enablement === "enable" || enablement === "disable" ? [`${enablement}d`] : []),
    ...(activity === "keep" ? [] : [participles[activity]]),
  ];
  const how = activity === "keep" && isUp(seen.properties) ? ", without a restart" : "";
  const kept = setAside === undefined ? "" : `; what is there would be kept as ${setAside}`;
  return `would be ${verbs.join(" and ")}${how}${kept}`;
}

/** Whether what is in the place of the unit's file was made by the resource of this id. */
export function isMarkedBy(id: string, { definition, rooted }: SeenUnit): boolean {
  switch (definition.kind) {
    case "none":
      return false;
    case "file":
      return definition.owner === id;
    case "link":
      return storePathsIn(definition.target).some((path) => rooted.includes(path));
  }
}
