import { join } from "node:path";
import { loadProgram } from "../host/program";
import { nixString, nixValue, type Json } from "./build-source";

/** One thing to evaluate. */
export interface EvaluationTask {
  readonly key: string;
  /** A Nix expression of ours, or the user's own text. */
  readonly root: string | { readonly inline: string };
  /** Attribute paths; the first that exists is taken. */
  readonly paths: readonly (readonly string[])[];
  readonly args: Readonly<Record<string, Json>>;
  /** Arguments that nobody has to take. */
  readonly implied: readonly string[];
}

/** Whether the task brings a text of the user's into the expression, which spoils the whole when it does not parse. */
export function isInline(task: EvaluationTask): boolean {
  return typeof task.root !== "string";
}

const program = loadProgram(join(__dirname, "evaluate.nix")).text;

/**
 * Evaluates the tasks in their order, saying so on standard error. Those with the same root and arguments share one
 * value of it, and so all that it computes once.
 */
export function batchExpression(tasks: readonly EvaluationTask[], marker: string): string {
  const starts = [...new Map(tasks.map((task) => [startKey(task), task])).values()];
  const places = new Map(starts.map((task, place) => [startKey(task), place]));
  const inline = starts.filter(isInline);
  // The user's texts come first, each on lines of its own, so that Nix's line numbers can be told from ours.
  const texts = inline.map(
    (task) => `${inlineName(task)} = (\n${(task.root as { inline: string }).inline}\n);`,
  );
  const open = texts.length === 0 ? "" : `let ${texts.join(" ")} in\n`;
  const builds = tasks.map((task) => buildOf(task, places.get(startKey(task)) ?? 0));
  return `${open}(${program}) {
    marker = ${nixString(marker)};
    starts = [ ${starts.map(startOf).join("\n")} ];
    builds = [ ${builds.join("\n")} ];
  }\n`;
}

function startKey({ root, args }: EvaluationTask): string {
  return JSON.stringify([root, args]);
}

function startOf(task: EvaluationTask): string {
  const root = typeof task.root === "string" ? task.root : inlineName(task);
  return `{ root = ${root}; args = ${nixValue(task.args)}; }`;
}

function buildOf({ key, paths, implied }: EvaluationTask, start: number): string {
  const named = { key: nixString(key), paths: nixValue(paths as Json), implied: nixValue(implied as Json) };
  return `{ start = ${start}; key = ${named.key}; paths = ${named.paths}; implied = ${named.implied}; }`;
}

function inlineName(task: EvaluationTask): string {
  return `pulumiNixExpression${task.key}`;
}
