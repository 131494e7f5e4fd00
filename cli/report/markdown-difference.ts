import type { Detail } from "./detail";
import { limited } from "./markdown-messages";
import { code, fence, folded } from "./markdown-text";
import type { PackageChange } from "./packages";
import type { Difference, PropertyChange, UnitChange } from "./report";
import type { DiffLine } from "./text-diff";
import { count, kindsShown, notKnownShown, packageMark, readable, sizeShown, versionsShown } from "./words";

/** @param isNew whether all of it is new: then its parts are no changes */
export function differenceLines(difference: Difference, detail: Detail, isNew = false): string[] {
  const { path, packages, closureSize, units, text, properties } = difference;
  return [
    ...facts([
      ...(path === undefined ? [] : [pairLine(isNew ? "" : "path", path.was, path.is)]),
      ...(closureSize === undefined ? [] : [`closure: ${sizeShown(closureSize)}`]),
      ...properties.map(propertyLine),
    ]),
    ...(packages === undefined ? [] : packageLines(packages, detail, isNew)),
    ...(units === undefined ? [] : unitLines(units, detail)),
    ...(text === undefined ? [] : textLines(text, detail, isNew)),
  ];
}

function facts(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [...lines.map((line) => `- ${line}`), ""];
}

function pairLine(name: string, was: string | undefined, is: string | undefined): string {
  const shown = (value: string | undefined): string => valueShown(readable(value ?? "")) || "none";
  const label = name === "" ? "" : `${name}: `;
  if (was === undefined) return `${label}${shown(is)}`;
  return `${label}${shown(was)} → ${shown(is)}`;
}

const longest = 160;

/** Two that are alike at their start would look the same if nothing said that they go on. */
function valueShown(value: string): string {
  const left = value.length - longest;
  const more = left > 1 ? ` and ${count(left, "more character")}` : "";
  return `${code(value, longest + 1)}${more}`;
}

/** Values that are not for showing are not compared aloud either. */
function propertyLine({ name, shown, was, is }: PropertyChange): string {
  return shown ? pairLine(code(name, 60), was, is) : `${code(name, 60)} differs`;
}

const atOnce = 12;

function packageLines(packages: Difference["packages"], detail: Detail, isNew: boolean): string[] {
  if (packages === undefined) return [];
  if (typeof packages === "string") return [`Packages: ${notKnownShown(packages)}.`, ""];
  const what = `Packages: ${isNew ? packages.length.toLocaleString("en") : kindsShown(packages)}`;
  const short = packages.length <= atOnce;
  const important = packages.filter(({ matters }) => matters).slice(0, short ? 0 : atOnce);
  const rest = packages.slice(important.length);
  const listed = rest.slice(0, Math.max(0, detail.packages - important.length));
  const left = rest.slice(listed.length);
  const more =
    left.length === 0 ? [] : [`… and ${left.length.toLocaleString("en")} more (${kindsShown(left)})`];
  const lines = [...packageColumns(listed, isNew), ...more];
  if (short) return [what, "", ...fence(lines, "diff"), ""];
  const first = important.length === 0 ? [] : [...fence(packageColumns(important, isNew), "diff"), ""];
  const others = important.length === 0 ? "All of them" : `The other ${rest.length.toLocaleString("en")}`;
  return [what, "", ...first, ...folded(others, fence(lines, "diff")), ""];
}

function packageColumns(changes: readonly PackageChange[], isNew: boolean): string[] {
  const width = Math.min(30, Math.max(0, ...changes.map(({ name }) => name.length)));
  return changes.map(
    (one) => `${isNew ? " " : packageMark(one)} ${one.name.padEnd(width)}  ${versionsShown(one)}`,
  );
}

function unitLines(units: Difference["units"], { units: most }: Detail): string[] {
  if (units === undefined) return [];
  if (typeof units === "string") return [`Units: ${notKnownShown(units)}.`, ""];
  const mark = ({ kind }: UnitChange): string => (kind === "added" ? "+" : kind === "removed" ? "-" : "~");
  const lines = units.slice(0, most).map((unit) => `${mark(unit)} ${unit.name}`);
  const left = units.length - lines.length;
  const shown = left > 0 ? [...lines, `… and ${left} more`] : lines;
  const what = `Units that differ: ${units.length.toLocaleString("en")}`;
  if (shown.length <= atOnce) return [what, "", ...fence(shown, "diff"), ""];
  return [...folded(what, fence(shown, "diff")), ""];
}

function textLines(text: readonly DiffLine[], { lines: most }: Detail, isNew: boolean): string[] {
  const signs = { both: " ", was: "-", is: "+" } as const;
  const lines = text.map((line) => (line === undefined ? " ⋮" : `${signs[line.side]} ${line.text}`));
  const shown = limited(isNew ? lines.map((line) => line.slice(2)) : lines, most, isNew ? "ini" : "diff");
  if (isNew) return [...folded("Unit file", shown), ""];
  return ["Unit file:", "", ...shown, ""];
}
