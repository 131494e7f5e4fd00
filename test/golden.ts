import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What the real engine prints of real machines: NAME.txt for people, NAME.json for programs. */
export const engineGolden = join(__dirname, "engine/golden");

/** Texts are written instead of compared, for git to show what is different. */
export const isWritingGolden = process.env["WRITE_GOLDEN"] === "true";

/** Compares a text with the file that says what it has to be. */
export function assertGolden(file: string, text: string): void {
  if (isWritingGolden) writeFileSync(file, text);
  const kept = readFileSync(file, "utf8");
  if (text !== kept)
    assert.fail(`${file} is different; WRITE_GOLDEN=true writes it anew\n${firstDifference(kept, text)}`);
}

/** Some of these texts are too long for what assert does to show all that differs. */
function firstDifference(kept: string, text: string): string {
  const [before, now] = [kept.split("\n"), text.split("\n")];
  const at = before.findIndex((line, index) => line !== now[index]);
  const from = at === -1 ? before.length : at;
  const shown = (mark: string, lines: readonly string[]): string[] =>
    lines.slice(from, from + 3).map((line) => `${mark} ${line}`);
  return [`line ${from + 1}:`, ...shown("-", before), ...shown("+", now)].join("\n");
}
