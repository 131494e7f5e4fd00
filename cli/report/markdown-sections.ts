import type { Detail } from "./detail";
import { driftView } from "./drift";
import { differenceLines } from "./markdown-difference";
import { messageLines } from "./markdown-messages";
import { code, fence, folded } from "./markdown-text";
import { exactPaths } from "./paths";
import type { Difference, Report, ResourceReport } from "./report";
import { operationShown, readable, unnamed } from "./words";

/** What is built where Pulumi runs. */
export function buildsSection(report: Report, detail: Detail): string[] {
  const { builds, kind } = report;
  if (builds.length === 0) return [];
  const shownOnHosts = packagesOnHosts(report);
  const lines = builds
    .slice(0, detail.others)
    .flatMap((build) => buildLines(build, kind, shownOnHosts, detail));
  const left = builds.length - detail.others;
  return ["#### Builds", "", ...lines, ...(left > 0 ? [`… and ${left} more.`, ""] : [])];
}

function buildLines(
  build: ResourceReport,
  kind: Report["kind"],
  shown: ReadonlySet<string>,
  detail: Detail,
): string[] {
  const path = build.change?.path;
  const pair =
    path === undefined
      ? ""
      : `: ${[path.was, path.is].flatMap((one) => (one === undefined ? [] : code(readable(one)))).join(" → ")}`;
  const { change } = build;
  const news =
    change !== undefined && !shown.has(JSON.stringify(change.packages ?? []))
      ? { ...change, path: undefined, properties: [] }
      : undefined;
  const drift = driftView(build)?.found?.path?.is;
  return [
    `**${code(build.subject, 120)}** ${operationShown(kind, build)}${pair}${drift === undefined ? "" : `, found ${code(readable(drift))}`}`,
    "",
    ...(news === undefined ? [] : differenceLines(news, detail, build.op === "create")),
    ...messageLines(unnamed(build.messages), detail),
  ];
}

/** A build's packages are those of the machines that get it: told there, they are not told again. */
function packagesOnHosts({ groups }: Report): Set<string> {
  const differences = groups.flatMap(({ hosts }) =>
    hosts.flatMap(({ resources }) => resources.map(({ change }) => change)),
  );
  const packages = differences.map((one: Difference | undefined) => JSON.stringify(one?.packages ?? []));
  return new Set([...packages, "[]"]);
}

/** What is not ours: that it changes is all we know. */
export function otherSection({ others }: Report, { others: most }: Detail): string[] {
  if (others.length === 0) return [];
  const lines = others
    .slice(0, most)
    .map(({ type, name, op, ended }) => `${op} ${type} ${name}${ended === "done" ? "" : ` (${ended})`}`);
  const left = others.length - lines.length;
  const shown = left > 0 ? [...lines, `… and ${left} more`] : lines;
  return [...folded(`Other resources (${others.length})`, fence(shown)), ""];
}

export function pathsSection(report: Report, { paths: most }: Detail): string[] {
  const all = exactPaths(report);
  if (all.length === 0 || most === 0) return [];
  const lines = all
    .slice(0, most)
    .flatMap(({ of, was, is }) => [
      of,
      ...(was === undefined ? [] : [`  - ${was}`]),
      ...(is === undefined ? [] : [`  + ${is}`]),
    ]);
  const left = all.length - most;
  return [...folded("Exact store paths", fence(left > 0 ? [...lines, `… and ${left} more`] : lines)), ""];
}
