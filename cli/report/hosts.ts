import type { ClosureFacts } from "./difference";
import { cacheAt, commonName, placeLabel, placeOf, type Place } from "./place";
import type { HostReport, Message, ResourceReport, Standing } from "./report";
import { ourType } from "./resource-name";
import { latest, resourceReport, type Told } from "./resources";
import { notKnown } from "./run";
import { bySubject } from "./subject";
import { allTravel, isOnlyTravel, withoutTravel } from "./travel";

/** The machines and caches of resources that have one, by where they are. */
export function hostReports(all: readonly Told[], facts: ReadonlyMap<string, ClosureFacts>): HostReport[] {
  const hosts = new Map<string, { place: Place; told: Told[] }>();
  for (const [place, told] of all.flatMap(placesOf)) {
    const known = hosts.get(place.key);
    if (known === undefined) hosts.set(place.key, { place, told: [told] });
    else known.told.push(told);
  }
  return [...hosts.values()].map(({ place, told }) => hostReport(place, told, facts));
}

/** Where a resource is; one that moves to another place is at both. */
function placesOf(told: Told): [Place, Told][] {
  const { plan, name } = told;
  const now = latest(told);
  if (now === undefined) return [[placeOfUntold(name), told]];
  const at = isOfCache(told) ? cacheAt : placeOf;
  const place = at(now, name);
  const before = plan?.op === "replace" && plan.was !== undefined ? at(plan.was, name) : place;
  if (plan === undefined || before.key === place.key) return [[place, told]];
  return [
    [before, { ...withoutTravel(told), plan: { ...plan, op: "delete", is: undefined } }],
    [place, { ...told, look: undefined, plan: { ...plan, op: "create", was: undefined } }],
  ];
}

function isOfCache({ type }: Told): boolean {
  return ourType(type) === "BinaryCache";
}

/** Of one that failed before the engine came to it there is only what was said. */
function placeOfUntold(name: string): Place {
  return { key: `of ${name}`, address: "" };
}

function hostReport(
  place: Place,
  all: readonly Told[],
  facts: ReadonlyMap<string, ClosureFacts>,
): HostReport {
  const surroundings = { facts, services: servicesOf(all) };
  const every = all.map((told) => resourceReport(told, surroundings)).sort(bySubject);
  const resources = every.map(withoutTold).reduce<ResourceReport[]>(withItsCopy, []).filter(isWorthTelling);
  const messages = all.flatMap((told) => told.messages);
  const name = commonName(all.map((told) => told.name));
  const unreached = messages.flatMap(({ text }) => unreachedBecause(text) ?? [])[0];
  return {
    label: placeLabel(place.address, name) || (all[0]?.name ?? ""),
    names: [place.address, name],
    isCache: all.every(isOfCache),
    standing: standingOf(every, unreached !== undefined),
    unreached,
    resources,
    unchanged: every.length - every.filter(isChanged).length,
    travel: allTravel(messages.map(({ text }) => text)),
  };
}

function isChanged({ op, drift }: ResourceReport): boolean {
  return op !== "same" || drift !== undefined;
}

function isWorthTelling(resource: ResourceReport): boolean {
  return isChanged(resource) || resource.messages.length > 0;
}

/** A copy for what is activated has no news of its own: what it says is said with that. Copies come last. */
function withItsCopy(others: readonly ResourceReport[], resource: ResourceReport): ResourceReport[] {
  const told = others.findIndex((other) => tellsOf(resource, other));
  if (told < 0) return [...others, resource];
  return others.map((other, index) =>
    index === told ? { ...other, messages: [...other.messages, ...resource.messages] } : other,
  );
}

function tellsOf({ type, op, drift, ended, change }: ResourceReport, other: ResourceReport): boolean {
  if (type !== "ClosureCopy" || drift !== undefined || ended !== "done") return false;
  return other.type === "ProfileActivation" && op === other.op && change?.path?.is === other.change?.path?.is;
}

/** Without the messages that are shown as what they mean. */
function withoutTold(resource: ResourceReport): ResourceReport {
  const told = ({ text }: Message): boolean => unreachedBecause(text) !== undefined || isOnlyTravel(text);
  return { ...resource, messages: resource.messages.filter((message) => !told(message)) };
}

/** Packages of these names are what the machine is there for. */
function servicesOf(all: readonly Told[]): Set<string> {
  const names = all.flatMap((told) => {
    const properties = latest(told);
    const { units, values } = properties ?? {};
    const own = values?.["name"];
    return [
      ...(units === undefined || units === notKnown ? [] : Object.keys(units)),
      ...(typeof own === "string" ? [own] : []),
    ];
  });
  return new Set(names.map((name) => name.replace(/(@.*)?\.[a-z]+$/, "")));
}

function standingOf(all: readonly ResourceReport[], isUnreached: boolean): Standing {
  if (
    all.some(
      ({ ended, messages }) => ended !== "done" || messages.some(({ severity }) => severity === "error"),
    )
  )
    return "failed";
  if (isUnreached) return "unreached";
  if (all.some(({ drift }) => drift !== undefined)) return "drifted";
  if (all.length > 0 && all.every(({ op }) => op === "delete")) return "removed";
  return all.some(({ op }) => op !== "same") ? "changes" : "unchanged";
}

// provider/dynamic.ts: read.
const unreadMark = "not read, its state is kept as it was: ";

function unreachedBecause(text: string): string | undefined {
  return text.startsWith(unreadMark) ? text.slice(unreadMark.length) : undefined;
}
