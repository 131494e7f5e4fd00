import type { Detail } from "./detail";
import { cellCode } from "./markdown-text";
import type { HostGroup, Report } from "./report";
import { closureSizes, packagesOf, travels } from "./summary";
import {
  countOf,
  notKnownShown,
  operationShown,
  packageMark,
  placesHead,
  standingShown,
  versionsShown,
} from "./words";

/** One row a group of hosts; of columns in which nothing stands, none. */
export function groupTable(report: Report, detail: Detail): string[] {
  const { kind, groups } = report;
  if (groups.length === 0) return [];
  const left = groups.slice(detail.rows).flatMap(({ hosts }) => hosts);
  const heads = [placesHead(report), "", "Packages", "Closure", kind === "preview" ? "To copy" : "Copied"];
  const rows = groups.slice(0, detail.rows).map((group) => cells(group, kind, detail));
  const used = heads.map((_head, index) => index < 2 || rows.some((row) => row[index] !== ""));
  const line = (row: readonly string[]): string =>
    `| ${row.filter((_cell, index) => used[index]).join(" | ")} |`;
  return [
    line(heads),
    line(heads.map(() => ":--")),
    ...rows.map(line),
    ...(left.length > 0 ? [line([`… and ${countOf(left, "more ")}`, "", "", "", ""])] : []),
    "",
  ];
}

function cells(group: HostGroup, kind: Report["kind"], detail: Detail): string[] {
  return [
    hostNames(group, detail.names),
    whatHappens(group, kind),
    packages(group),
    closureSizes(group),
    travels(group),
  ];
}

export function hostNames({ hosts }: HostGroup, most: number): string {
  const shown = hosts.length > most ? hosts.slice(0, most) : hosts;
  const names = shown.map(({ label }) => cellCode(label, 80)).join(", ");
  const left = hosts.length - shown.length;
  const all = left > 0 ? `${names} and ${left} more` : names;
  return hosts.length > 1 ? `**${hosts.length}**: ${all}` : all;
}

function whatHappens({ hosts, standing }: HostGroup, kind: Report["kind"]): string {
  const mark =
    standing === "changes" || standing === "unchanged" ? "" : `**${standingShown(standing, kind)}**`;
  const changing = (hosts[0]?.resources ?? []).filter(({ op, ended }) => op !== "same" || ended !== "done");
  const changes = changing
    .slice(0, 4)
    .map((one) => `${cellCode(one.subject, 60)} ${operationShown(kind, one)}`);
  const more = changing.length > 4 ? [`${changing.length - 4} more`] : [];
  const words = [mark, ...changes, ...more].filter((one) => one !== "");
  return words.length === 0 ? "no change" : words.join(", ");
}

function packages({ hosts }: HostGroup): string {
  const { changes, unknown } = packagesOf(hosts[0]?.resources ?? []);
  const more = unknown === undefined ? "" : notKnownShown(unknown);
  if (changes.length === 0) return more;
  const shown = changes
    .slice(0, 3)
    .map((one) => cellCode(`${packageMark(one)} ${one.name} ${versionsShown(one)}`, 90));
  const left = changes.length - shown.length;
  const counted = left > 0 ? ` and ${left.toLocaleString("en")} more` : "";
  return `${shown.join(", ")}${counted}${more === "" ? "" : `, some ${more}`}`;
}
