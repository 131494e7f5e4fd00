import { join } from "node:path";
import { loadProgram, type Program } from "../host/program";

const prelude = loadProgram(join(__dirname, "while-heard.sh"));

/** A program that ends when nobody listens any more: it runs with `inputStaysOpen`. */
export function heardProgram(file: string): Program {
  const { name, text } = loadProgram(file);
  return { name, text: `${prelude.text}\n${text}` };
}

/** Lines for the program's standard input, which it can tell from what follows. */
export function secretLines(text: string): string {
  return `${text.trimEnd()}\nEND\n`;
}
