import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { z } from "zod";
import { lastLines } from "../errors";
import type { Host } from "../host/host";
import { loadProgram } from "../host/program";
import { storePathSchema } from "../values";
import { nixString, nixValue, type Json } from "./build-source";
import type { Evaluated } from "./evaluation-cache";

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

export type TaskOutcome = ({ ok: true } & Evaluated) | { ok: false; property: string; reason: string };

const expression = loadProgram(join(__dirname, "evaluate.nix")).text;

/** Evaluates all tasks, in one process unless one fails: then the rest goes on in another. */
export async function runEvaluation(
  tasks: readonly EvaluationTask[],
  options: readonly string[],
  controller: Host,
): Promise<Map<string, TaskOutcome>> {
  const outcomes = new Map<string, TaskOutcome>();
  let open = [...tasks];
  while (open.length > 0) {
    const report = await runOnce(open, options, controller);
    for (const found of report.found) outcomes.set(found.key, { ok: true, ...withoutKey(found) });
    const guilty = report.error === undefined ? undefined : (report.began ?? onlyOne(open));
    if (report.error !== undefined && guilty === undefined)
      await eachAlone(open, options, controller, outcomes);
    else if (guilty !== undefined) outcomes.set(guilty, explain(report.error ?? ""));
    open =
      report.error !== undefined && guilty === undefined
        ? []
        : open.filter((task) => !outcomes.has(task.key));
    if (report.error === undefined) break;
  }
  return outcomes;
}

/** A text that does not parse spoils the process for all before any has begun. */
async function eachAlone(
  tasks: readonly EvaluationTask[],
  options: readonly string[],
  controller: Host,
  outcomes: Map<string, TaskOutcome>,
): Promise<void> {
  for (const task of tasks) {
    for (const [key, outcome] of await runEvaluation([task], options, controller)) outcomes.set(key, outcome);
  }
}

function onlyOne(tasks: readonly EvaluationTask[]): string | undefined {
  return tasks.length === 1 ? tasks[0]?.key : undefined;
}

type Found = Evaluated & { readonly key: string };

const foundSchema: z.ZodType<Found> = z.object({
  key: z.string(),
  name: z.string(),
  drvPath: storePathSchema,
  outputs: z.record(z.string(), storePathSchema),
});

function withoutKey({ key: _, ...evaluated }: Found): Evaluated {
  return evaluated;
}

interface Report {
  readonly found: Found[];
  /** The last task that began and did not end. */
  readonly began: string | undefined;
  readonly error: string | undefined;
}

async function runOnce(
  tasks: readonly EvaluationTask[],
  options: readonly string[],
  controller: Host,
): Promise<Report> {
  const marker = `@@${randomBytes(8).toString("hex")}`;
  const argv = ["nix-instantiate", "--eval", "--read-write-mode", "--log-format", "internal-json"];
  const features = [
    "--option",
    "eval-cache",
    "false",
    "--option",
    "extra-experimental-features",
    "nix-command flakes",
  ];
  const result = await controller.run([...argv, ...features, ...options, "-"], {
    doing: `evaluating ${tasks.length} build${tasks.length === 1 ? "" : "s"}`,
    input: batchExpression(tasks, marker),
    accept: [0, 1, 100],
    timeout: 3600,
  });
  return readReport(result.stderr, marker, result.exitCode);
}

/** The user's texts come first, each on lines of its own, so that Nix's line numbers can be told from ours. */
function batchExpression(tasks: readonly EvaluationTask[], marker: string): string {
  const inline = tasks.filter((task) => typeof task.root !== "string");
  const texts = inline.map(
    (task) => `${inlineName(task)} = (\n${(task.root as { inline: string }).inline}\n);`,
  );
  const builds = tasks.map((task) => {
    const root = typeof task.root === "string" ? task.root : inlineName(task);
    const paths = nixValue(task.paths as Json);
    return `{ key = ${nixString(task.key)}; root = ${root}; paths = ${paths}; args = ${nixValue(task.args)}; implied = ${nixValue(task.implied as Json)}; }`;
  });
  const open = texts.length === 0 ? "" : `let ${texts.join(" ")} in\n`;
  return `${open}(${expression}) { marker = ${nixString(marker)}; builds = [ ${builds.join("\n")} ]; }\n`;
}

function inlineName(task: EvaluationTask): string {
  return `pulumiNixExpression${task.key}`;
}

const messageSchema = z.object({
  action: z.literal("msg"),
  level: z.number(),
  msg: z.string(),
  raw_msg: z.string().optional(),
  file: z.string().nullish(),
  line: z.number().nullish(),
});
type Message = z.infer<typeof messageSchema>;

function readReport(stderr: string, marker: string, exitCode: number): Report {
  const messages = stderr
    .split("\n")
    .map(messageOf)
    .filter((message) => message !== undefined);
  const found: Found[] = [];
  let began: string | undefined;
  for (const { msg } of messages) {
    const [, verb, rest = ""] = new RegExp(`^trace: ${marker} (begin|ok) (.*)$`, "s").exec(msg) ?? [];
    if (verb === "begin") began = rest;
    if (verb === "ok") found.push(foundSchema.parse(JSON.parse(rest)));
    if (verb === "ok") began = undefined;
  }
  return { found, began, error: exitCode === 0 ? undefined : errorText(messages, stderr) };
}

function messageOf(line: string): Message | undefined {
  if (!line.includes("@nix ")) return undefined;
  try {
    return messageSchema.safeParse(JSON.parse(line.slice(line.indexOf("@nix ") + 5))).data;
  } catch {
    return undefined;
  }
}

function errorText(messages: readonly Message[], stderr: string): string {
  const last = messages.filter((message) => message.level === 0 && message.raw_msg !== undefined).at(-1);
  if (last?.raw_msg === undefined) return lastLines(stderr);
  return stripVTControlCharacters(last.raw_msg) + placeOf(last);
}

/** Of the user's own text, which stands from the second line of standard input on, only the line is worth saying. */
function placeOf({ file, line }: Message): string {
  if (!file) return "";
  if (file.startsWith("/")) return line ? ` (${file}:${line})` : ` (${file})`;
  const counted = line ?? Number(/:(\d+)/.exec(file)?.[1]);
  return counted > 1 ? ` (line ${counted - 1} of the expression)` : "";
}

/** Our own messages carry the input at fault. */
function explain(text: string): TaskOutcome {
  const [, property, own] = /^@@(attr|args) (.*)$/s.exec(text) ?? [];
  return { ok: false, property: property ?? "", reason: own ?? text };
}
