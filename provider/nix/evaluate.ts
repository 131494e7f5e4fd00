import { resolve } from "node:path";
import { CommandError } from "../errors";
import type { Host } from "../host/host";
import { attributePath, flakeReference, nixString, sourceProperty, type BuildSource } from "./build-source";
import { evaluationKey, recall, remember, type Evaluated } from "./evaluation-cache";
import { runEvaluation, type EvaluationTask } from "./evaluation-process";
import { lockFlake } from "./flake";
import { evaluationArguments, isImpure } from "./options";
import { dependsOnSurroundings, treeAround, type SourceTree } from "./source-tree";

/** What came of one source: a derivation, or why not and at which input. */
export type Evaluation = ({ ok: true } & Evaluated) | { ok: false; property: string; reason: string };

/**
 * How freely a process may look around. What is evaluated purely (flakes) or restricted to one folder (files and
 * expressions that need no more) depends on nothing else, and its result is kept for the next process.
 */
type Freedom = { kind: "pure" } | { kind: "restricted"; trees: SourceTree[] } | { kind: "plain" };

interface Task extends EvaluationTask {
  readonly source: BuildSource;
  readonly freedom: Freedom["kind"];
  readonly tree?: SourceTree | undefined;
  /** What the flake was pinned to. */
  readonly pinned?: string | undefined;
}

/**
 * Evaluates all sources with as few nix processes as can be: one for all flakes, one for all files and expressions
 * with the same options, and one more for those of them that turn out to need more than their own folder.
 */
export async function evaluateAll(sources: readonly BuildSource[], controller: Host): Promise<Evaluation[]> {
  const results = new Map<string, Evaluation>();
  const tasks = await prepare(sources, controller, results);
  if (tasks.length > 0) {
    const version = await nixVersion(controller);
    await Promise.all(groups(tasks).map((group) => evaluateGroup(group, version, controller, results)));
  }
  return sources.map((source, index) => results.get(String(index)) ?? failed(source, "was not evaluated"));
}

async function prepare(
  sources: readonly BuildSource[],
  controller: Host,
  results: Map<string, Evaluation>,
): Promise<Task[]> {
  const locks = new Map<string, ReturnType<typeof lockFlake>>();
  const prepared = sources.map(async (source, index) => {
    try {
      if (source.flake === undefined) return fileTask(String(index), source);
      const { reference } = flakeReference(source.flake);
      const arguments_ = evaluationArguments(source);
      const lock = locks.get(reference) ?? lockFlake(controller, reference, arguments_);
      locks.set(reference, lock);
      return flakeTask(String(index), source, await lock);
    } catch (error) {
      results.set(String(index), failed(source, saidBy(error as Error)));
      return undefined;
    }
  });
  return (await Promise.all(prepared)).filter((task) => task !== undefined);
}

/** Nix's own words, without our command line in front of them. */
function saidBy(error: Error): string {
  const said = error instanceof CommandError ? error.tail : "";
  return /^error: ([^]*)/m.exec(said)?.[1] ?? error.message;
}

function flakeTask(key: string, source: BuildSource, lock: { narHash: string; expression: string }): Task {
  const { fragment } = flakeReference(source.flake ?? "");
  const freedom = isImpure(source) ? "plain" : "pure";
  const paths = flakePaths(attributePath(fragment), source.system ?? controllerSystem());
  return {
    key,
    source,
    freedom,
    root: lock.expression,
    paths,
    args: source.args ?? {},
    implied: [],
    pinned: lock.narHash,
  };
}

/** Where `nix build` looks for `flake#name`. */
function flakePaths(path: string[], system: string): string[][] {
  const name = path.length === 0 ? ["default"] : path;
  const places = [
    ["packages", system, ...name],
    ["legacyPackages", system, ...name],
  ];
  return path.length === 0 ? [["defaultPackage", system], ...places].reverse() : [...places, path];
}

function controllerSystem(): string {
  const machine = process.arch === "x64" ? "x86_64" : process.arch === "arm64" ? "aarch64" : process.arch;
  return `${machine}-${process.platform}`;
}

function fileTask(key: string, source: BuildSource): Task {
  const file = source.file === undefined ? undefined : resolve(source.file);
  const tree = file === undefined ? undefined : treeAround(file);
  const bounded = file === undefined ? !dependsOnSurroundings(source.expr ?? "") : tree !== undefined;
  return {
    key,
    source,
    tree,
    freedom: bounded && !isImpure(source) ? "restricted" : "plain",
    root: file === undefined ? { inline: source.expr ?? "" } : `import (/. + ${nixString(file)})`,
    paths: [attributePath(source.attr ?? "")],
    args: { ...(source.system === undefined ? {} : { system: source.system }), ...source.args },
    implied: ["system"],
  };
}

function groups(tasks: readonly Task[]): Task[][] {
  const found = new Map<string, Task[]>();
  for (const task of tasks) {
    const kind = JSON.stringify([task.freedom, evaluationArguments(task.source)]);
    found.set(kind, [...(found.get(kind) ?? []), task]);
  }
  return [...found.values()];
}

async function evaluateGroup(
  tasks: readonly Task[],
  version: string,
  controller: Host,
  results: Map<string, Evaluation>,
): Promise<void> {
  const freedom = freedomOf(tasks);
  const keys = new Map(tasks.map((task) => [task.key, cacheKey(task, freedom, version)]));
  const open = tasks.filter((task) => !takeKept(task, keys, freedom, results));
  if (open.length === 0) return;
  const found = await runEvaluation(open, groupArguments(open[0] as Task, freedom), controller);
  const again: Task[] = [];
  for (const task of open) {
    const outcome = found.get(task.key) ?? failed(task.source, "was not evaluated");
    if (!outcome.ok && freedom.kind === "restricted") again.push({ ...task, freedom: "plain" });
    else results.set(task.key, blame(task, outcome));
    if (outcome.ok && stillTheSame(task)) keep(keys.get(task.key), freedom, outcome);
  }
  // What failed with only its own folder to look at may well be allowed to look further: ask plainly.
  if (again.length > 0) await evaluateGroup(again, version, controller, results);
}

function freedomOf(tasks: readonly Task[]): Freedom {
  const kind = (tasks[0] as Task).freedom;
  const trees = tasks.map((task) => task.tree).filter((tree) => tree !== undefined);
  return kind === "restricted" ? { kind, trees: uniqueByFolder(trees) } : { kind };
}

function uniqueByFolder(trees: readonly SourceTree[]): SourceTree[] {
  return [...new Map(trees.map((tree) => [tree.folder, tree])).values()].sort((a, b) =>
    a.folder < b.folder ? -1 : 1,
  );
}

function groupArguments(task: Task, freedom: Freedom): string[] {
  const own = evaluationArguments(task.source);
  if (freedom.kind === "plain") return [...own, "--option", "pure-eval", "false"];
  if (freedom.kind === "pure") return [...own, "--option", "pure-eval", "true"];
  const folders = freedom.trees.flatMap((tree) => ["-I", `source=${tree.folder}`]);
  return [...own, "--option", "restrict-eval", "true", ...folders];
}

/** All folders of the process are in every key: while restricted, each source could read each of them. */
function cacheKey(task: Task, freedom: Freedom, version: string): string {
  const digests = freedom.kind === "restricted" ? freedom.trees.map((tree) => tree.digest) : [task.pinned];
  const what = [task.root, task.paths, task.args, evaluationArguments(task.source)];
  return evaluationKey([version, freedom.kind, digests, what]);
}

function takeKept(
  task: Task,
  keys: ReadonlyMap<string, string>,
  freedom: Freedom,
  results: Map<string, Evaluation>,
): boolean {
  const kept = freedom.kind === "plain" ? undefined : recall(keys.get(task.key) ?? "");
  if (kept === undefined) return false;
  results.set(task.key, { ok: true, ...kept });
  return true;
}

function keep(
  key: string | undefined,
  freedom: Freedom,
  { ok: _, ...entry }: Evaluated & { ok: true },
): void {
  if (key !== undefined && freedom.kind !== "plain") remember(key, entry);
}

/** A folder that changed while it was evaluated must not give its old digest to the new result. */
function stillTheSame(task: Task): boolean {
  return (
    task.source.file === undefined || treeAround(resolve(task.source.file))?.digest === task.tree?.digest
  );
}

function blame(task: Task, outcome: Evaluation): Evaluation {
  if (outcome.ok || outcome.property !== "") return outcome.ok ? outcome : adaptProperty(task, outcome);
  return { ...outcome, property: sourceProperty(task.source) };
}

/** A flake's attribute is part of the installable, not an input of its own. */
function adaptProperty(task: Task, outcome: Evaluation & { ok: false }): Evaluation {
  const isPart = outcome.property === "attr" && task.source.attr === undefined;
  return isPart ? { ...outcome, property: sourceProperty(task.source) } : outcome;
}

function failed(source: BuildSource, reason: string): Evaluation {
  return { ok: false, property: sourceProperty(source), reason };
}

async function nixVersion(controller: Host): Promise<string> {
  const { stdout } = await controller.run(["nix-instantiate", "--version"], {
    doing: "asking Nix for its version",
  });
  return stdout.trim();
}
