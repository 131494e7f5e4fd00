import { CommandError } from "../errors";
import type { Host } from "../host/host";
import type { Message } from "../resource";
import { sourceProperty, type BuildSource } from "./build-source";
import { recall, remember, surroundings, type Evaluated } from "./evaluation-cache";
import { evaluationLimits, withCapacity, type Capacity, type EvaluationLimits } from "./evaluation-limits";
import { groupArguments, groups, keysOf, treesOf } from "./evaluation-group";
import { evaluateTasks, type TaskOutcome } from "./evaluation-workers";
import { prepareTasks, type SourceTask } from "./source-task";
import { digestOf, type SourceTree } from "./source-tree";

/** What came of one source: a derivation, or why not and at which input; with what Nix had to say about it. */
export type Evaluation = (({ ok: true } & Evaluated) | { ok: false; property: string; reason: string }) & {
  readonly messages: readonly Message[];
};

/** That a source is being evaluated now. */
export interface Progress {
  /** Its place among the sources. */
  readonly index: number;
  /** How many have begun, this one too. */
  readonly begun: number;
  /** How many have to be evaluated; those whose result is kept are not among them. */
  readonly total: number;
}

/**
 * Evaluates all sources with as few nix processes as can be, unless it takes long and there are cores and memory for
 * more: one for all flakes, one for all files and expressions with the same options, and one more for those of them
 * that turn out to need more than their own folder.
 */
export async function evaluateAll(
  sources: readonly BuildSource[],
  controller: Host,
  progress: (progress: Progress) => void = () => undefined,
): Promise<Evaluation[]> {
  const preparing = prepareTasks(sources, controller);
  let run: Run;
  try {
    run = new Run(evaluationLimits(), await nixVersion(controller), controller, progress);
  } catch (error) {
    return sources.map((source) => failed(source, withoutNix(error as Error)));
  }
  const { tasks, problems } = await preparing;
  for (const { key, ...problem } of problems) run.results.set(key, { ok: false, messages: [], ...problem });
  await run.evaluate(tasks);
  return sources.map(
    (source, index) => run.results.get(String(index)) ?? failed(source, "was not evaluated"),
  );
}

class Run {
  readonly results = new Map<string, Evaluation>();
  private readonly around: readonly unknown[] | undefined;
  private readonly begun = new Set<string>();
  private total = 0;

  constructor(
    private readonly limits: EvaluationLimits,
    version: string,
    private readonly controller: Host,
    private readonly progress: (progress: Progress) => void,
  ) {
    const settings = surroundings();
    this.around = settings === undefined ? undefined : [version, settings];
  }

  async evaluate(tasks: readonly SourceTask[]): Promise<void> {
    await withCapacity(this.limits, (capacity) =>
      Promise.all(groups(tasks).map((group) => this.evaluateGroup(group, capacity))),
    );
  }

  private async evaluateGroup(tasks: readonly SourceTask[], capacity: Capacity): Promise<void> {
    const keys = keysOf(tasks, this.around);
    const open = tasks.filter((task) => !this.takeKept(task, keys.get(task.key)));
    if (open.length === 0) return;
    this.total += open.filter(({ key }) => !this.begun.has(key)).length;
    const found = await this.run(open, tasks, capacity);
    const isSteady = treesOf(tasks).every(isUnchanged);
    const again: SourceTask[] = [];
    for (const task of open) {
      const outcome = found.get(task.key) ?? failed(task.source, "was not evaluated");
      if (!outcome.ok && task.freedom === "restricted")
        again.push({ ...task, freedom: "plain", tree: undefined });
      else this.results.set(task.key, blame(task, outcome));
      if (outcome.ok && isSteady) keep(keys.get(task.key), outcome);
    }
    // What failed with only its own folder to look at may well be allowed to look further: ask plainly.
    if (again.length > 0) await this.evaluateGroup(again, capacity);
  }

  private run(
    open: readonly SourceTask[],
    group: readonly SourceTask[],
    capacity: Capacity,
  ): Promise<Map<string, TaskOutcome>> {
    const began = (key: string): void => this.begin(key);
    const isShared = group[0]?.freedom === "restricted" ? isAboutRestriction : () => false;
    const workplace = { ...capacity, controller: this.controller, began, isShared };
    return evaluateTasks(open, groupArguments(group), workplace);
  }

  private begin(key: string): void {
    this.begun.add(key);
    this.progress({ index: Number(key), begun: this.begun.size, total: this.total });
  }

  private takeKept(task: SourceTask, key: string | undefined): boolean {
    const kept = key === undefined ? undefined : recall(key);
    if (kept !== undefined) this.results.set(task.key, { ok: true, ...kept });
    return kept !== undefined;
  }
}

/** What one system of a file may not look at, the others of it may not either; without restriction all may be right. */
function isAboutRestriction(error: string): boolean {
  return /forbidden in restricted mode/.test(error);
}

function keep(key: string | undefined, { ok: _, ...entry }: Evaluation & { ok: true }): void {
  if (key !== undefined) remember(key, entry);
}

/** A folder that changed while it was evaluated, or is gone, must not give its old digest to the new result. */
function isUnchanged(tree: SourceTree): boolean {
  try {
    return digestOf(tree.folder) === tree.digest;
  } catch {
    return false;
  }
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
  return { ok: false, property: sourceProperty(source), reason, messages: [] };
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
