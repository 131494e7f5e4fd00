import { bytesShown, growthShown } from "./sizes";
import type { PackageChange } from "./packages";
import { totalShown } from "./travel";
import type {
  HostGroup,
  HostReport,
  Message,
  NotKnown,
  Operation,
  Pair,
  Report,
  ResourceReport,
  Standing,
} from "./report";

/** What both pages say, as plain text: what stands in it of the engine's output has still to be escaped. */

export function headline(report: Report): string {
  const { kind, failed, groups, others, builds, messages } = report;
  const travel = totalShown(report);
  const of = (...standings: Standing[]): number =>
    sum(groups.filter((one) => standings.includes(one.standing)));
  const all = groups.flatMap(({ hosts }) => hosts);
  const would = kind === "preview" ? "would change" : "changed";
  const changing = groups.filter(isChanging).flatMap(({ hosts }) => hosts);
  const parts = [
    ...(failed ? [`the ${kind} failed`] : []),
    ...[false, true].flatMap((isCache) => changed(changing, all, isCache, would)),
    ...(travel === "" ? [] : [travel]),
    ...(of("drifted") > 0
      ? [`${of("drifted")} not as Pulumi left ${of("drifted") > 1 ? "them" : "it"}`]
      : []),
    ...(of("unreached") > 0 ? [`${of("unreached")} not reached`] : []),
    ...(others.length > 0 ? [`${count(others.length, "other resource")} ${would}`] : []),
  ];
  if (failed && parts.length === 1 && all.length === 0 && messages.length === 0)
    parts.push("nothing was shown");
  if (parts.length > 0) return parts.join(", ");
  if (builds.length > 0) return `only builds ${would}`;
  return all.length === 0 ? "nothing changes" : `nothing changes on ${countOf(all)}`;
}

/** `2 of 3 hosts would change`. */
function changed(
  changing: readonly HostReport[],
  all: readonly HostReport[],
  isCache: boolean,
  would: string,
): string[] {
  const ofKind = (hosts: readonly HostReport[]): HostReport[] =>
    hosts.filter((one) => one.isCache === isCache);
  const some = ofKind(changing).length;
  return some === 0 ? [] : [`${some} of ${countOf(ofKind(all))} ${would}`];
}

/** `2 hosts and 1 cache`. */
export function countOf(hosts: readonly HostReport[], more = ""): string {
  const caches = hosts.filter(({ isCache }) => isCache).length;
  const counts = [
    [hosts.length - caches, "host"],
    [caches, "cache"],
  ] as const;
  const told = counts.filter(([number]) => number > 0);
  return told.map(([number, what]) => count(number, `${more}${what}`)).join(" and ");
}

/** What is above the list of them. */
export function placesHead({ groups }: Report): string {
  return groups.some(({ hosts }) => hosts.some(({ isCache }) => isCache)) ? "Hosts and caches" : "Hosts";
}

/** Why it failed, when it did not say so itself; undefined when it did. */
export function failureNote({ kind, failed, groups, builds, messages }: Report): string | undefined {
  const resources = [...groups.flatMap(({ hosts }) => hosts.flatMap((host) => host.resources)), ...builds];
  const said = [...messages, ...resources.flatMap((one) => one.messages)];
  if (!failed || said.some(({ severity }) => severity === "error")) return undefined;
  return `The ${kind} ended with an error that is not in what it printed, as of a policy: the job's log has it.`;
}

export function isChanging({ hosts }: HostGroup): boolean {
  return (hosts[0]?.resources ?? []).some(({ op, ended }) => op !== "same" && ended !== "failed");
}

function sum(groups: readonly HostGroup[]): number {
  return groups.reduce((total, { hosts }) => total + hosts.length, 0);
}

export function count(number: number, what: string): string {
  return `${number.toLocaleString("en")} ${what}${number === 1 ? "" : "s"}`;
}

/** `would be updated`, `updated`, `update failed`. */
export function operationShown(kind: Report["kind"], { op, ended, stays }: ResourceReport): string {
  if (op === "same") return ended === "failed" ? "failed" : "no change";
  const done = stays === undefined ? past[op] : "forgotten";
  const left = stays === undefined ? "" : leftWords[stays];
  if (kind === "preview") return `would be ${done}${left}`;
  if (ended === "done") return `${done}${left}`;
  return ended === "failed" ? `failed to be ${done}` : `begun to be ${done}, and not finished`;
}

const leftWords = {
  all: ", left as it is",
  profile: ", the profile is left",
  "led back": ", the profile led back to what was there before",
} as const;

const past = {
  create: "created",
  update: "updated",
  replace: "replaced",
  delete: "deleted",
  same: "left as it is",
} as const satisfies Record<Operation, string>;

export function standingShown(standing: Standing, kind: Report["kind"]): string {
  if (standing === "changes") return kind === "preview" ? "to change" : "changed";
  if (standing === "removed") return `${kind === "preview" ? "to be " : ""}looked after no more`;
  return standingWords[standing];
}

const standingWords = {
  failed: "failed",
  unreached: "not reached",
  drifted: "not as Pulumi left it",
  unchanged: "no change",
} as const;

export const unreachedNote = "Not reached: what is shown of it is what the state knows";

/** `~ openssl 3.0.11 → 3.0.13`, as Pulumi marks what changes. */
export function packageMark({ kind }: Pick<PackageChange, "kind">): "+" | "-" | "~" {
  return kind === "added" ? "+" : kind === "removed" ? "-" : "~";
}

export function versionsShown({ was, is, kind }: PackageChange): string {
  const versions = [was, is].filter((one) => one !== undefined).map((one) => one || "without a version");
  return `${versions.join(" → ")}${kind === "downgraded" ? "  (older)" : ""}`;
}

/** `3 updated, 1 downgraded, 2 added`. */
export function kindsShown(changes: readonly PackageChange[]): string {
  const kinds = ["updated", "changed", "downgraded", "added", "removed"] as const;
  const counts = kinds.map((kind) => [kind, changes.filter((one) => one.kind === kind).length] as const);
  return counts
    .flatMap(([kind, number]) => (number === 0 ? [] : [`${number.toLocaleString("en")} ${kind}`]))
    .join(", ");
}

/** `412.0 MiB → 415.2 MiB (+3.2 MiB)`. */
export function sizeShown({ was, is }: Pair<number>): string {
  if (is === undefined) return was === undefined ? "" : `${bytesShown(was)} before`;
  if (was === undefined) return bytesShown(is);
  return `${bytesShown(was)} → ${bytesShown(is)} (${growthShown(was, is)})`;
}

/** `not known before it is built`. */
export function notKnownShown(why: NotKnown): string {
  if (why === "not built") return "not known before it is built";
  return why === "not told" ? "not known" : "not known: what was there before is not known";
}

/** `8h2k1m3p-site-1`: what people tell paths apart by. */
export function readable(text: string): string {
  return text.replace(/\/nix\/store\/([0-9a-z]{8})[0-9a-z]{24}-/g, "$1-");
}

/** Whose they are is told by where they stand. */
export function unnamed(messages: readonly Message[]): Message[] {
  return messages.map((message) => ({ ...message, of: "" }));
}
