import { ConnectError, InterruptedError, RefusedError, TimeoutError } from "../../../provider/errors";
import { tableOf, writePart, writtenCells } from "../../faults/page";
import type { Suite } from "../../fleet";
import { paths, type Trial } from "./trial";

const opening = `Written by \`npm run test:faults -- 'a copy'\`, of closures of ${paths} paths that the host has never seen, to each of the two
Nix versions.

- The first word is what of the closure was valid on the host behind the fault, every path of it bit by bit what it should
  be: **all**, **a part** or **nothing**.
- Behind the colon is what the coordinator was told: _lost_, _not reached_, _given up_ when nothing moved, _refused_, or that
  a program there _failed_. _killed_: nobody was there to be told. Without a word it was a success, the fault got over.

After each, the next copy sent what was still missing and nothing else, the closure was whole, and neither here nor there was
a process left, or a root but the one asked for. ✘ marks what was not so.`;

const columns: Readonly<Record<Suite, string>> = {
  bookworm: "Nix 2.8 (bookworm)",
  trixie: "Nix 2.26 (trixie)",
};

export type Cells = Map<string, string>;

/** Where the chance that is in some names would make another row of each run. */
export function rowOf(name: string): string {
  return name.replace(/\d+ bytes/, "a point by chance").replace(/SEED=\d+, /, "");
}

export function noteCell(cells: Cells, suite: Suite, name: string, trial: Trial, isRight: boolean): void {
  cells.set(`${columns[suite]}: ${rowOf(name)}`, `${isRight ? "" : "✘ "}${found(trial)}${told(trial)}`);
}

/** Writes down how copies ended; what was not tried this time stays as it was. */
export async function writeCopies(names: readonly string[], cells: Cells): Promise<void> {
  const heads = Object.values(columns);
  const all = new Map([...writtenCells("copies", heads), ...cells]);
  await writePart("copies", `${opening}\n\n${tableOf(names.map(rowOf), heads, all)}`);
}

function found({ valid = paths }: Trial): string {
  if (valid === 0) return "nothing";
  return valid === paths ? "all" : "a part";
}

function told({ ended, valid }: Trial): string {
  if (ended === undefined) return valid === undefined ? "" : ": _killed_";
  return ended instanceof Error ? `: _${wordOf(ended)}_` : "";
}

function wordOf(error: Error): string {
  if (error instanceof InterruptedError) return "lost";
  if (error instanceof ConnectError) return "not reached";
  if (error instanceof TimeoutError) return "given up";
  return error instanceof RefusedError ? "refused" : "failed";
}
