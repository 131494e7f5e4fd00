import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { checkout } from "../fleet/script";

const file = join(checkout, "docs/faults.md");

/** The parts of docs/faults.md, in their order, by the line that each begins with. */
const headings = { deployments: "# Deployments that go wrong", copies: "## Copies that go wrong" } as const;
export type Part = keyof typeof headings;

/** The cells of a part's table as it is, by `column: row`. */
export function writtenCells(part: Part, columns: readonly string[]): [string, string][] {
  const rows = partsOf()[part].match(/^\|.*\|$/gm) ?? [];
  return rows.flatMap((row) => {
    const [name = "", ...cells] = row
      .split("|")
      .slice(1, -1)
      .map((text) => text.trim());
    return cells.map((text, index): [string, string] => [`${columns[index] ?? ""}: ${name}`, text]);
  });
}

/** A line that stands in a part as it is. */
export function writtenLine(part: Part, line: RegExp): string | undefined {
  return line.exec(partsOf()[part])?.[0];
}

/** A row each; what was never tried is said to be. */
export function tableOf(
  names: readonly string[],
  columns: readonly string[],
  cells: ReadonlyMap<string, string>,
): string {
  const rows = names.map((name) => [
    name,
    ...columns.map((column) => cells.get(`${column}: ${name}`) ?? "not tried"),
  ]);
  const rule = ["---", ...columns.map(() => "---")];
  return [["", ...columns], rule, ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** Writes a part down, and prints the page; the other parts stay as they were. */
export async function writePart(part: Part, text: string): Promise<void> {
  const parts = { ...partsOf(), [part]: `${headings[part]}\n\n${text}\n` };
  const markdown = (Object.keys(headings) as Part[]).map((name) => parts[name]).join("\n");
  const formatted = await format(markdown, { ...(await resolveConfig(file)), parser: "markdown" });
  writeFileSync(file, formatted);
  console.log(formatted);
}

function partsOf(): Record<Part, string> {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const at = text.indexOf(`\n${headings.copies}\n`);
  return at < 0
    ? { deployments: text, copies: "" }
    : { deployments: text.slice(0, at), copies: text.slice(at) };
}
