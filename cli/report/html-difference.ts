import { markup, type Html } from "./html-text";
import type { PackageChange } from "./packages";
import type { Difference, NotKnown, Pair, PropertyChange } from "./report";
import type { DiffLine } from "./text-diff";
import { bytesShown, growthShown } from "./sizes";
import { kindsShown, notKnownShown, packageMark, readable } from "./words";

/** @param isNew whether all of it is new: then its parts are no changes */
export function differenceParts(difference: Difference, isNew = false): Html {
  const { path, packages, closureSize, units, text, properties } = difference;
  const rows = [
    ...(path === undefined ? [] : [row("path", path)]),
    ...properties.map((one) => (one.shown ? row(one.name, one) : unshownRow(one))),
  ];
  return markup`${
    rows.length === 0
      ? undefined
      : markup`<table>
          ${rows}
        </table>`
  }
  ${closureSize === undefined ? undefined : sizeBars(closureSize)}
  ${packages === undefined ? undefined : packageTable(packages, isNew)}
  ${units === undefined ? undefined : unitTable(units)}
  ${text === undefined ? undefined : textBlock(text, isNew)}`;
}

function row(name: string, { was, is }: Pair<string>): Html {
  const before =
    was === undefined ? undefined : markup`<code class="was" title="${was}">${readable(was)}</code> → `;
  const after = is === undefined ? "none" : markup`<code class="is" title="${is}">${readable(is)}</code>`;
  return markup`<tr>
    <th>${name}</th>
    <td>${before}${after}</td>
  </tr>`;
}

function unshownRow({ name }: PropertyChange): Html {
  return markup`<tr>
    <th>${name}</th>
    <td class="faint">differs</td>
  </tr>`;
}

/** Both sizes, drawn to one scale. */
function sizeBars({ was, is }: Pair<number>): Html {
  const most = Math.max(was ?? 0, is ?? 0, 1);
  const bar = (name: string, size: number | undefined, kind: string, more = ""): Html | undefined =>
    size === undefined
      ? undefined
      : markup`<span class="faint">${name}</span
          ><svg viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label="${bytesShown(size)}">
            <rect class="${kind}" width="${Math.round((size / most) * 1000)}" height="10" rx="2" /></svg
          ><span>${bytesShown(size)}${more}</span>`;
  const growth = was === undefined || is === undefined ? "" : ` (${growthShown(was, is)})`;
  return markup`<div class="bars">
    ${bar("closure", was, "before")}${bar(was === undefined ? "closure" : "will be", is, "after", growth)}
  </div>`;
}

const atOnce = 25;

function packageTable(packages: readonly PackageChange[] | NotKnown, isNew: boolean): Html {
  if (typeof packages === "string") return markup`<p class="faint">Packages: ${notKnownShown(packages)}.</p>`;
  const what = `Packages: ${isNew ? packages.length.toLocaleString("en") : kindsShown(packages)}`;
  const rows = packages.map((one) => packageRow(one, isNew));
  const important = packages.filter(({ matters }) => matters).length;
  const open = packages.length <= atOnce ? packages.length : Math.min(important, atOnce);
  const rest = rows.slice(open);
  const others = open === 0 ? "All of them" : `The other ${rest.length.toLocaleString("en")}`;
  return markup`<h4>${what}</h4>
    <table>
      ${rows.slice(0, open)}
    </table>
    ${
      rest.length === 0
        ? undefined
        : markup`<details>
            <summary>${others}</summary>
            <table>
              ${rest}
            </table>
          </details>`
    }`;
}

function packageRow(change: PackageChange, isNew: boolean): Html {
  const { name, was, is, kind, matters } = change;
  const mark = isNew ? "" : packageMark(change);
  const older = kind === "downgraded" ? markup` <span class="older">older</span>` : undefined;
  const side = kind === "added" ? "added" : kind === "removed" ? "removed-one" : "";
  const before =
    was === undefined
      ? undefined
      : markup`<code class="${isNew ? "" : "was"}">${was || "without a version"}</code>`;
  const after =
    is === undefined
      ? undefined
      : markup`<code class="${isNew ? "" : "is"}">${is || "without a version"}</code>`;
  const arrow = was !== undefined && is !== undefined ? " → " : undefined;
  return markup`<tr class="${matters ? "matters" : ""}">
    <td class="mark mono ${isNew ? "" : side}">${mark}</td>
    <td>${name}</td>
    <td>${before}${arrow}${after}${older}</td>
  </tr>`;
}

function unitTable(units: NonNullable<Difference["units"]>): Html {
  if (typeof units === "string") return markup`<p class="faint">Units: ${notKnownShown(units)}.</p>`;
  const rows = units.map(({ name, kind }) => {
    const side = kind === "added" ? "added" : kind === "removed" ? "removed-one" : "";
    return markup`<tr>
      <td class="mark mono ${side}">${packageMark({ kind: kind === "changed" ? "updated" : kind })}</td>
      <td><code>${name}</code></td>
    </tr>`;
  });
  const what = `Units that differ: ${units.length.toLocaleString("en")}`;
  if (units.length <= atOnce)
    return markup`<h4>${what}</h4>
      <table>
        ${rows}
      </table>`;
  return markup`<details>
    <summary>${what}</summary>
    <table>
      ${rows}
    </table>
  </details>`;
}

function textBlock(text: readonly DiffLine[], isNew: boolean): Html {
  const signs = { both: "  ", was: "- ", is: "+ " } as const;
  const lines = text.map((line) => {
    if (line === undefined) return markup`<span class="faint"> ⋮</span>`;
    const sign = isNew ? "" : signs[line.side];
    return markup`<span class="${isNew ? "" : `line-${line.side}`}">${sign}${line.text || " "}</span>`;
  });
  if (isNew)
    return markup`<details>
      <summary>Unit file</summary>
      <pre>${lines}</pre>
    </details>`;
  return markup`<h4>Unit file</h4>
    <pre>${lines}</pre>`;
}
