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
  assert.equal(text, readFileSync(file, "utf8"), `${file} is different; WRITE_GOLDEN=true writes it anew`);
}
