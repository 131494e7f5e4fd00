import type { Outcome } from "../../fleet";
import { order } from "./order";

/** What `--diff` prints, resources in one order: which one comes first is chance. */
export function inOrder({ stdout, stderr }: Pick<Outcome, "stdout" | "stderr">): string {
  const lines = paragraphs(stderr).sort(order);
  const said = lines.length === 0 ? "" : `\non standard error:\n${lines.join("\n")}\n`;
  const [before = [], ...blocks] = blocksOf(stdout);
  return [before, ...blocks.sort(byPlace)].flat().join("\n") + said;
}

/** A resource, the stack's outputs or the summary; of all of them the first line. */
const begin = /^ {0,4}([-+~<>=]{1,2} *)?([\w:/.-]+: \([\w -]+\)$|--outputs:--|Resources:)/;

/** Where nothing has happened for a while. */
const progress = "@ previewing";

function blocksOf(text: string): string[][] {
  const blocks: string[][] = [[]];
  for (const line of text.split("\n").filter((one) => !one.startsWith(progress))) {
    if (begin.test(line)) blocks.push([]);
    (blocks.at(-1) as string[]).push(line);
  }
  return blocks;
}

function byPlace(one: readonly string[], other: readonly string[]): number {
  const [[place, name], [otherPlace, otherName]] = [placeOf(one), placeOf(other)];
  return place - otherPlace || order(name, otherName);
}

function placeOf(block: readonly string[]): [place: number, name: string] {
  const [first = ""] = block;
  const name = block.find((line) => line.includes("[urn=")) ?? "";
  if (first.includes("Resources:")) return [4, name];
  if (first.includes("--outputs:--")) return [3, name];
  if (first.endsWith("(refresh)")) return [0, name];
  return [first.includes("pulumi:pulumi:Stack") ? 1 : 2, name];
}

/** What is said of one resource, without progress: a hint belongs to the line before it. */
function paragraphs(text: string): string[] {
  const said = text.trim().split(/\n(?!hint: |\s)/);
  return said.filter((line) => line !== "" && !/^(evaluating|building) /.test(line));
}
