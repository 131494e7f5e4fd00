import { bytesShown, growthShown } from "./sizes";
import type { PackageChange } from "./packages";
import type { HostGroup, Message, Operation, Pair, Report, ResourceReport, Standing } from "./report";

/** What both pages say, as plain text: what stands in it of the engine's output has still to be escaped. */

export function headline({ kind, failed, groups, others, builds }: Report): string {
  const of = (...standings: Standing[]): number =>
    sum(groups.filter((one) => standings.includes(one.standing)));
  const all = sum(groups);
  const would = kind === "preview" ? "would change" : "changed";
  const changing = sum(groups.filter(isChanging));
  const parts = [
    ...(failed ? ["it failed"] : []),
    ...(changing > 0 ? [`${changing} of ${count(all, "host")} ${would}`] : []),
    ...(of("drifted") > 0 ? [`${of("drifted")} found changed by hand`] : []),
    ...(of("unreached") > 0 ? [`${of("unreached")} not reached`] : []),
    ...(others.length > 0 ? [`${count(others.length, "other resource")} ${would}`] : []),
  ];
  if (parts.length > 0) return parts.join(", ");
  if (builds.length > 0) return `only builds ${would}`;
  return all === 0 ? "nothing changes" : `nothing changes on ${count(all, "host")}`;
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
export function operationShown(kind: Report["kind"], { op, ended }: ResourceReport): string {
  if (op === "same") return ended === "failed" ? "failed" : "no change";
  if (kind === "preview") return `would be ${past[op]}`;
  if (ended === "done") return past[op];
  return ended === "failed" ? `failed to be ${past[op]}` : `begun to be ${past[op]}, and not finished`;
}

const past = {
  create: "created",
  update: "updated",
  replace: "replaced",
  delete: "deleted",
  same: "left as it is",
} as const satisfies Record<Operation, string>;

export function standingShown(standing: Standing, kind: Report["kind"]): string {
  return standing === "changes" ? (kind === "preview" ? "to change" : "changed") : standingWords[standing];
}

const standingWords = {
  failed: "failed",
  unreached: "not reached",
  drifted: "changed by hand",
  removed: "to be left without anything of ours",
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

/** `8h2k1m3p-site-1`: what people tell paths apart by. */
export function readable(text: string): string {
  return text.replace(/\/nix\/store\/([0-9a-z]{8})[0-9a-z]{24}-/g, "$1-");
}

/** Whose they are is told by where they stand. */
export function unnamed(messages: readonly Message[]): Message[] {
  return messages.map((message) => ({ ...message, of: "" }));
}
