import { driftView } from "./drift";
import { differenceParts } from "./html-difference";
import { badge } from "./html-fleet";
import { messages } from "./html-sections";
import { markup, type Html } from "./html-text";
import type { HostGroup, HostReport, Report, ResourceReport } from "./report";
import { sizesOf } from "./summary";
import { travelShown } from "./travel";
import { operationShown, readable, sizeShown, unreachedNote, unnamed } from "./words";

/** All about machines of which the same is to be said; what may differ between them is that of the first. */
export function groupCard(group: HostGroup, kind: Report["kind"], index: number): Html {
  const { hosts, standing } = group;
  const [first] = hosts;
  if (first === undefined) return markup``;
  const names = hosts.map(({ label }) => markup`<span class="tile">${label}</span>`);
  return markup`<section class="card ${standing}" id="group-${index + 1}">
    <h3><span class="badge">${badge(group, kind)}</span></h3>
    <div class="tiles">${names}</div>
    ${first.unreached === undefined ? undefined : unreached(first.label, first.unreached, hosts.length)}
    ${first.resources.map((resource) => resourcePart(resource, kind))}
    ${hosts.length > 1 ? sizesTable(hosts, kind) : undefined}
  </section> `;
}

function unreached(label: string, reason: string, hosts: number): Html {
  const of = hosts > 1 ? ` Of ${label}, and alike of the others:` : "";
  return markup`<div class="message">
    <strong>${unreachedNote}.</strong>${of}
    <pre>${readable(reason)}</pre>
  </div>`;
}

function resourcePart(resource: ResourceReport, kind: Report["kind"]): Html {
  const drift = driftView(resource);
  return markup`<h4>
      <code>${resource.subject}</code> <span class="faint">${operationShown(kind, resource)}</span>
    </h4>
    ${drift === undefined ? undefined : driftNote(drift)}
    ${drift?.found === undefined ? undefined : differenceParts(drift.found)}
    ${drift?.found === undefined || resource.change === undefined ? undefined : markup`<p><strong>From there to what is wanted:</strong></p>`}
    ${resource.change === undefined ? undefined : differenceParts(resource.change, resource.op === "create")}
    ${messages(unnamed(resource.messages))}`;
}

function driftNote(drift: NonNullable<ReturnType<typeof driftView>>): Html {
  const note = drift.gone
    ? "It is gone from the machine, and Pulumi has not removed it."
    : drift.putBack
      ? "It is not as Pulumi left it, and is put back: from what was found to what was deployed."
      : "It is not as Pulumi left it, from what was deployed to what was found:";
  return markup`<div class="message drifted"><strong>${note}</strong></div>`;
}

/** What differs between machines with the same change. */
function sizesTable(hosts: readonly HostReport[], kind: Report["kind"]): Html | undefined {
  const rows = hosts.map((host) => [host.label, sizesOf(host), host.travel] as const);
  if (rows.every(([, size, travel]) => size === undefined && travel === undefined)) return undefined;
  const cells = rows.map(
    ([label, size, travel]) =>
      markup`<tr>
        <td><code>${label}</code></td>
        <td>${size && sizeShown(size)}</td>
        <td>${travel && travelShown(travel)}</td>
      </tr>`,
  );
  return markup`<details>
    <summary>Sizes of each</summary>
    <table>
      <tr>
        <th></th>
        <th>closure</th>
        <th>${kind === "preview" ? "to copy" : "copied"}</th>
      </tr>
      ${cells}
    </table>
  </details>`;
}
