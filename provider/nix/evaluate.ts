import { CommandError } from "../errors";
import type { Host } from "../host/host";
import { sourceProperty, type BuildSource } from "./build-source";
import { evaluationKey, recall, remember, type Evaluated } from "./evaluation-cache";
import { runEvaluation } from "./evaluation-process";
import { evaluationArguments, looksFurther } from "./options";
import { prepareTasks, type SourceTask } from "./source-task";
import { digestOf, type SourceTree } from "./source-tree";

/** What came of one source: a derivation, or why not and at which input. */
export type Evaluation = ({ ok: true } & Evaluated) | { ok: false; property: string; reason: string };

/**
 * Evaluates all sources with as few nix processes as can be: one for all flakes, one for all files and expressions
 * with the same options, and one more for those of them that turn out to need more than their own folder.
 */
export async function evaluateAll(sources: readonly BuildSource[], controller: Host): Promise<Evaluation[]> {
  let version: string;
  try {
    version = await nixVersion(controller);
  } catch (error) {
    return sources.map((source) => failed(source, withoutNix(error as Error)));
  }
  const results = new Map<string, Evaluation>();
  const { tasks, problems } = await prepareTasks(sources, controller);
  for (const { key, ...problem } of problems) results.set(key, { ok: false, ...problem });
  await Promise.all(groups(tasks).map((group) => evaluateGroup(group, version, controller, results)));
  return sources.map((source, index) => results.get(String(index)) ?? failed(source, "was not evaluated"));
}

function groups(tasks: readonly SourceTask[]): SourceTask[][] {
  const found = new Map<string, SourceTask[]>();
  for (const task of tasks) {
    const kind = JSON.stringify([task.freedom, evaluationArguments(task.source)]);
    found.set(kind, [...(found.get(kind) ?? []), task]);
  }
  return [...found.values()];
}

async function evaluateGroup(
  tasks: readonly SourceTask[],
  version: string,
  controller: Host,
  results: Map<string, Evaluation>,
): Promise<void> {
  const keys = new Map(tasks.map((task) => [task.key, cacheKey(task, tasks, version)]));
  const open = tasks.filter((task) => !takeKept(task, keys.get(task.key), results));
  if (open.length === 0) return;
  const found = await runEvaluation(open, groupArguments(tasks), controller);
  const again: SourceTask[] = [];
  const isSteady = treesOf(tasks).every(isUnchanged);
  for (const task of open) {
    const outcome = found.get(task.key) ?? failed(task.source, "was not evaluated");
    if (!outcome.ok && task.freedom === "restricted")
      again.push({ ...task, freedom: "plain", tree: undefined });
    else results.set(task.key, blame(task, outcome));
    if (outcome.ok && isSteady) keep(keys.get(task.key), outcome);
  }
  // What failed with only its own folder to look at may well be allowed to look further: ask plainly.
  if (again.length > 0) await evaluateGroup(again, version, controller, results);
}

/** The folders that a restricted process may read. */
function treesOf(tasks: readonly SourceTask[]): SourceTree[] {
  const trees = tasks.map((task) => task.tree).filter((tree) => tree !== undefined);
  const unique = [...new Map(trees.map((tree) => [tree.folder, tree])).values()];
  return unique.sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

function groupArguments(tasks: readonly SourceTask[]): string[] {
  const [first] = tasks;
  const own = first === undefined ? [] : evaluationArguments(first.source);
  if (first?.freedom === "plain") return [...own, "--option", "pure-eval", "false"];
  if (first?.freedom === "pure") return [...own, "--option", "pure-eval", "true"];
  const folders = treesOf(tasks).flatMap((tree) => ["-I", `source=${tree.folder}`]);
  // What NIX_PATH or nix.conf open could be read as well otherwise, and is in no key.
  const closed = ["--option", "nix-path", "", "--option", "allowed-uris", ""];
  return [...own, ...closed, "--option", "restrict-eval", "true", ...folders];
}

/**
 * All folders of the process are in every key: while restricted, each source could read each of them. What may look
 * further has no key and is evaluated every time.
 */
function cacheKey(task: SourceTask, group: readonly SourceTask[], version: string): string | undefined {
  if (task.freedom === "plain" || looksFurther(task.source)) return undefined;
  const digests = treesOf(group).map((tree) => tree.digest);
  const what = [task.root, task.paths, task.args, evaluationArguments(task.source)];
  return evaluationKey([version, task.freedom, task.pinned ?? "", digests, what]);
}

function takeKept(task: SourceTask, key: string | undefined, results: Map<string, Evaluation>): boolean {
  const kept = key === undefined ? undefined : recall(key);
  if (kept === undefined) return false;
  results.set(task.key, { ok: true, ...kept });
  return true;
}

function keep(key: string | undefined, { ok: _, ...entry }: Evaluated & { ok: true }): void {
  if (key !== undefined) remember(key, entry);
}

/** A folder that changed while it was evaluated must not give its old digest to the new result. */
function isUnchanged(tree: SourceTree): boolean {
  return digestOf(tree.folder) === tree.digest;
}

function blame(task: SourceTask, outcome: Evaluation): Evaluation {
  if (outcome.ok || outcome.property !== "") return outcome.ok ? outcome : adaptProperty(task, outcome);
  return { ...outcome, property: sourceProperty(task.source) };
}

/** A flake's attribute is part of the installable, not an input of its own. */
function adaptProperty(task: SourceTask, outcome: Evaluation & { ok: false }): Evaluation {
  const isPart = outcome.property === "attr" && task.source.attr === undefined;
  return isPart ? { ...outcome, property: sourceProperty(task.source) } : outcome;
}

function failed(source: BuildSource, reason: string): Evaluation {
  return { ok: false, property: sourceProperty(source), reason };
}

function withoutNix(error: Error): string {
  const isMissing = error instanceof CommandError && error.exitCode === 127;
  return isMissing
    ? "Nix is needed where Pulumi runs, and nix-instantiate is not in PATH there (the package nix-bin on Debian)"
    : error.message;
}

async function nixVersion(controller: Host): Promise<string> {
  const { stdout } = await controller.run(["nix-instantiate", "--version"], {
    doing: "asking Nix for its version",
  });
  return stdout.trim();
}
