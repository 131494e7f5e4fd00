import { fittedTo, type Detail } from "./detail";
import { buildsSection, otherSection, pathsSection } from "./markdown-sections";
import { groupSection } from "./markdown-group";
import { groupTable } from "./markdown-table";
import { messageLines } from "./markdown-messages";
import { code, folded } from "./markdown-text";
import type { HostGroup, Report } from "./report";
import { clipped, visible } from "./visible";
import { failureNote, headline } from "./words";

/** The first line of a comment, by which it is found again: hidden, and the same for all runs of a stack. */
export function marker({ project, stack }: Pick<Report, "project" | "stack">): string {
  const part = (text: string): string =>
    encodeURIComponent(clipped(visible(text), 150)).replaceAll("-", "%2D");
  return `<!-- pulumi-nix report of ${part(project)}/${part(stack)} -->`;
}

/**
 * The report as a comment on a pull request, never longer than GitHub takes (GitLab takes more): the larger it is, the
 * less is told of each part, and what was left out is counted.
 * @param link where all of it is, a URL
 */
export function markdownOf(report: Report, link?: string): string {
  return fittedTo((detail) => render(report, detail, link));
}

function render(report: Report, detail: Detail, link: string | undefined): string {
  const { kind, project, stack, commit, groups, messages } = report;
  const of = project === "" ? "" : ` of ${code(`${project}/${stack}`)}`;
  const at = commit === undefined ? "" : ` at ${code(commit.slice(0, 12))}`;
  const failure = failureNote(report);
  const told = groups.filter((group) => isTold(group));
  const hidden = told.length - detail.groups;
  const lines = [
    marker(report),
    `### ${kind === "preview" ? "Preview" : "Update"}${of}${at}: ${headline(report)}`,
    "",
    ...(failure === undefined ? [] : [failure, ""]),
    ...messageLines(
      messages.filter(({ severity }) => severity !== "info"),
      detail,
    ),
    ...groupTable(report, detail),
    ...told.slice(0, detail.groups).flatMap((group) => groupSection(group, report, detail)),
    ...(hidden > 0 ? [`… and ${hidden} more groups of hosts, of which only the table tells.`, ""] : []),
    ...buildsSection(report, detail),
    ...otherSection(report, detail),
    ...notes(report, detail),
    ...pathsSection(report, detail),
    ...(link === undefined ? [] : [`[All of it](<${new URL(link).href}>)`, ""]),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

/** Of a machine on which nothing changes, the table says all. */
function isTold({ hosts, standing }: HostGroup): boolean {
  return standing !== "unchanged" || (hosts[0]?.resources ?? []).length > 0;
}

function notes({ messages }: Report, detail: Detail): string[] {
  const infos = messages.filter(({ severity }) => severity === "info");
  if (infos.length === 0) return [];
  return [...folded(`Messages (${infos.length})`, messageLines(infos, detail)), ""];
}
