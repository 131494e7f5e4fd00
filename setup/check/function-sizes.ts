import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as ts from "typescript";

const short = 10;

/** Prints how many functions of sdk/, provider/ and cli/ fit in ten lines, and fails when it is less than half. */
function main(): void {
  const sizes = sourceFiles().flatMap(functionSizes);
  const within = sizes.filter((size) => size <= short).length;
  const share = Math.round((100 * within) / sizes.length);
  console.log(`${within} of ${sizes.length} functions fit in ${short} lines: ${share} %`);
  if (share < 50) process.exitCode = 1;
}

function sourceFiles(): string[] {
  const script = join(__dirname, "files.sh");
  const listed = execFileSync("sh", [script, "sdk/*.ts", "provider/*.ts", "cli/*.ts"], { encoding: "utf8" });
  return listed.split("\n").filter((file) => file !== "");
}

/** From the first line of a function to its last, braces and all. One on a single line is an expression, and not counted. */
function functionSizes(file: string): number[] {
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest, true);
  const line = (position: number) => source.getLineAndCharacterOfPosition(position).line;
  const sizes: number[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && "body" in node && node.body !== undefined) {
      const size = line(node.getEnd()) - line(node.getStart()) + 1;
      if (size > 1) sizes.push(size);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return sizes;
}

main();
