import { markup, type Html } from "./html-text";
import type { HostGroup, Report, ResourceReport } from "./report";
import { closureSizes, packagesOf, travels } from "./summary";
import { countOf, notKnownShown, operationShown, packageMark, standingShown, versionsShown } from "./words";

/** The picture of one group: its machines, and beside them what is the matter with them. Leads to its card. */
export function lane(group: HostGroup, kind: Report["kind"], card: number): Html {
  const { hosts, standing } = group;
  const tiles = hosts.map(({ label }) => markup`<span class="tile">${label}</span>`);
  const inside = markup`<div>
      <span class="badge">${badge(group, kind)}</span>
      <div class="tiles">${tiles}</div>
    </div>
    <ul>
      ${lines(group, kind).map((line) => markup`<li>${line}</li>`)}
    </ul>`;
  if (card < 0) return markup`<div class="lane ${standing}">${inside}</div> `;
  return markup`<a class="lane ${standing}" href="#group-${card + 1}">${inside}</a> `;
}

export function badge({ hosts, standing }: HostGroup, kind: Report["kind"]): string {
  const many = hosts.length > 1 ? `${countOf(hosts)}: ` : "";
  return `${many}${standingShown(standing, kind)}`;
}

function lines(group: HostGroup, kind: Report["kind"]): Html[] {
  const resources = group.hosts[0]?.resources ?? [];
  const [size, travel] = [closureSizes(group), travels(group)];
  const copied = kind === "preview" ? "to copy" : "copied";
  const figures = [
    ...(size === "" ? [] : [`closure ${size}`]),
    ...(travel === "" ? [] : [`${travel} ${copied}`]),
  ];
  return [
    ...resources.slice(0, 6).map((one) => resourceLine(one, kind)),
    ...(resources.length > 6 ? [markup`<span class="faint">and ${resources.length - 6} more</span>`] : []),
    ...packageLine(resources),
    ...(figures.length === 0 ? [] : [markup`<span class="faint">${figures.join(", ")}</span>`]),
  ];
}

function resourceLine(resource: ResourceReport, kind: Report["kind"]): Html {
  const { subject, drift } = resource;
  const found =
    drift === undefined ? "" : drift === "gone" ? ", gone from the machine" : ", not as Pulumi left it";
  return markup`<code>${subject}</code> <span class="faint">${operationShown(kind, resource)}${found}</span>`;
}

function packageLine(resources: readonly ResourceReport[]): Html[] {
  const { changes, unknown } = packagesOf(resources);
  const which = changes.length === 0 ? "packages" : "some";
  const note =
    unknown === undefined ? [] : [markup`<span class="faint">${which} are ${notKnownShown(unknown)}</span>`];
  if (changes.length === 0) return note;
  const shown = changes
    .slice(0, 4)
    .map((one) => markup`<code>${packageMark(one)} ${one.name} ${versionsShown(one)}</code><br />`);
  const left = changes.length - shown.length;
  return [
    markup`${shown}${left > 0 ? markup`<span class="faint">and ${left.toLocaleString("en")} more packages</span>` : undefined}`,
    ...note,
  ];
}
