import { clipped, visible } from "./visible";

/**
 * What comes from outside stands in code, where Markdown, mentions, links and HTML mean nothing. These two functions are
 * all that puts it there.
 */

/** In a line. */
export function code(text: string, most = 200): string {
  const line = clipped(visible(text).replace(/\s*\n\s*/g, " "), most);
  if (line === "") return "";
  const ticks = "`".repeat(longestTicks(line) + 1);
  // Of one blank on each side, the renderer takes away both.
  const edge = /^[` ]|[` ]$/.test(line) ? " " : "";
  return `${ticks}${edge}${line}${edge}${ticks}`;
}

/** As `code`, in a table: there a bar ends the cell even in code. */
export function cellCode(text: string, most?: number): string {
  return code(text, most).replaceAll("|", "\\|");
}

/** Lines of their own. */
export function fence(lines: readonly string[], language = ""): string[] {
  const shown = lines.map((line) => clipped(visible(line).replaceAll("\n", " "), 500));
  const ticks = "`".repeat(Math.max(3, longestTicks(shown.join("\n")) + 1));
  return [`${ticks}${language}`, ...shown, ticks];
}

/** Folded away under a line, which is our own words or already escaped. */
export function folded(summary: string, lines: readonly string[]): string[] {
  return ["<details>", `<summary>${summary}</summary>`, "", ...lines, "", "</details>"];
}

function longestTicks(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
}
