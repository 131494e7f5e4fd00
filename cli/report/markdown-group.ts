import type { Detail } from "./detail";
import { driftView } from "./drift";
import { differenceLines } from "./markdown-difference";
import { messageLines } from "./markdown-messages";
import { hostNames } from "./markdown-table";
import { code, fence } from "./markdown-text";
import type { HostGroup, Report, ResourceReport } from "./report";
import { operationShown, readable, unnamed, unreachedNote } from "./words";

/** All about machines of which the same is to be said; what may differ between them is that of the first. */
export function groupSection(group: HostGroup, report: Report, detail: Detail): string[] {
  const [first] = group.hosts;
  if (first === undefined) return [];
  return [
    `#### ${hostNames(group, Math.min(detail.names, 8))}`,
    "",
    ...(first.unreached === undefined ? [] : unreached(group, first.unreached, detail)),
    ...first.resources.flatMap((resource) => resourceLines(resource, report.kind, detail)),
  ];
}

function unreached({ hosts }: HostGroup, reason: string, { lines }: Detail): string[] {
  const shown = readable(reason).split("\n").slice(0, Math.max(1, lines));
  const others = hosts.length > 1 ? [`of ${hosts[0]?.label ?? ""}, and alike of the others:`] : [];
  return [`**${unreachedNote}.**`, "", ...fence([...others, ...shown]), ""];
}

function resourceLines(resource: ResourceReport, kind: Report["kind"], detail: Detail): string[] {
  const drift = driftView(resource);
  return [
    `**${code(resource.subject, 120)}** ${operationShown(kind, resource)}${driftNote(drift)}`,
    "",
    ...(drift?.found === undefined
      ? []
      : [
          "Not by Pulumi, from what was deployed to what was found:",
          "",
          ...differenceLines(drift.found, detail),
        ]),
    ...(drift?.found === undefined || resource.change === undefined
      ? []
      : ["And from there to what is wanted:", ""]),
    ...(resource.change === undefined
      ? []
      : differenceLines(resource.change, detail, resource.op === "create")),
    ...messageLines(unnamed(resource.messages), detail),
  ];
}

function driftNote(drift: ReturnType<typeof driftView>): string {
  if (drift === undefined) return "";
  if (drift.gone) return ". **It is gone from the machine**, and Pulumi has not removed it.";
  if (drift.putBack)
    return ". **It is not as Pulumi left it**, and is put back: from what was found to what was deployed.";
  return ". **It is not as Pulumi left it.**";
}
