import { driftView } from "./drift";
import { differenceParts } from "./html-difference";
import { markup, type Html } from "./html-text";
import { exactPaths } from "./paths";
import type { Message, Report, ResourceReport } from "./report";
import { operationShown, readable, unnamed } from "./words";

export function messages(all: readonly Message[]): Html {
  const words = { error: "Error", warning: "Warning", info: "" } as const;
  return markup`${all.map(({ severity, text, of }) => {
    const head = [words[severity], of === "" ? "" : `of ${of}`].filter((word) => word !== "").join(" ");
    return markup`<div class="message ${severity}">
      ${head === "" ? undefined : markup`<strong>${head}</strong>`}
      <pre>${readable(text)}</pre>
    </div> `;
  })}`;
}

/** What is built where Pulumi runs. */
export function buildCard(build: ResourceReport, { kind }: Report): Html {
  const drift = driftView(build);
  return markup`<section class="card">
    <h3><code>${build.subject}</code> <span class="faint">${operationShown(kind, build)}</span></h3>
    ${
      drift?.found === undefined
        ? undefined
        : markup`<p>Found, and not left so by Pulumi:</p>
            ${differenceParts(drift.found)}`
    }
    ${build.change === undefined ? undefined : differenceParts({ ...build.change, properties: [] }, build.op === "create")}
    ${messages(unnamed(build.messages))}
  </section> `;
}

/** What is not ours: that it changes is all we know. */
export function otherCard({ others }: Report): Html | undefined {
  if (others.length === 0) return undefined;
  const rows = others.map(
    ({ type, name, op, ended }) =>
      markup`<tr>
        <td>${op}${ended === "done" ? undefined : ` (${ended})`}</td>
        <td><code>${type}</code></td>
        <td>${name}</td>
      </tr>`,
  );
  return markup`<h2>Other resources</h2>
    <section class="card">
      <table>
        ${rows}
      </table>
    </section>`;
}

export function pathsCard(report: Report): Html | undefined {
  const paths = exactPaths(report);
  if (paths.length === 0) return undefined;
  const rows = paths.map(
    ({ of, was, is }) =>
      markup`<tr>
        <td>${of}</td>
        <td>
          ${was && markup`<code class="was">${was}</code><br />`}${is && markup`<code class="is">${is}</code>`}
        </td>
      </tr>`,
  );
  return markup`<details>
    <summary>Exact store paths</summary>
    <table>
      ${rows}
    </table>
  </details>`;
}
