import { resolve } from "node:path";
import { CommandError } from "../errors";
import type { Host } from "../host/host";
import { attributePath, flakeReference, nixString, sourceProperty, type BuildSource } from "./build-source";
import type { EvaluationTask } from "./evaluation-expression";
import { lockFlake, type LockedFlake } from "./flake";
import { evaluationArguments, isImpure, looksFurther } from "./options";
import { dependsOnSurroundings, treesAround, type SourceTree, type TreeAround } from "./source-tree";

/**
 * How freely the process that evaluates a source may look around. What is evaluated purely (flakes) or restricted to
 * one folder (files and expressions that need no more) depends on nothing else.
 */
export type Freedom = "pure" | "restricted" | "plain";

/** A source, ready to be evaluated. */
export interface SourceTask extends EvaluationTask {
  readonly source: BuildSource;
  readonly freedom: Freedom;
  readonly tree?: SourceTree | undefined;
}

/** A source that cannot be evaluated at all. */
export interface Unprepared {
  readonly key: string;
  readonly property: string;
  readonly reason: string;
}

/** The sources as tasks, named by their place in the list. Each flake is fetched once, each folder read once. */
export async function prepareTasks(
  sources: readonly BuildSource[],
  controller: Host,
): Promise<{ tasks: SourceTask[]; problems: Unprepared[] }> {
  const locks = new Map<string, Promise<LockedFlake>>();
  const lock = (source: BuildSource): Promise<LockedFlake> => {
    const { reference } = flakeReference(source.flake ?? "");
    const options = evaluationArguments(source);
    const key = JSON.stringify([reference, options]);
    const locked = locks.get(key) ?? lockFlake(controller, reference, options);
    locks.set(key, locked);
    return locked;
  };
  const around = { lock, treeAround: treesAround() };
  const all = await Promise.all(sources.map((source, index) => prepareTask(String(index), source, around)));
  return {
    tasks: all.filter((one) => "source" in one),
    problems: all.filter((one) => "reason" in one),
  };
}

interface Around {
  readonly lock: (source: BuildSource) => Promise<LockedFlake>;
  readonly treeAround: TreeAround;
}

async function prepareTask(
  key: string,
  source: BuildSource,
  { lock, treeAround }: Around,
): Promise<SourceTask | Unprepared> {
  if (source.flake === undefined) return fileTask(key, source, treeAround);
  try {
    return flakeTask(key, source, await lock(source));
  } catch (error) {
    return { key, property: sourceProperty(source), reason: saidBy(error as Error) };
  }
}

/** Nix's own words, without our command line in front of them. */
function saidBy(error: Error): string {
  const said = error instanceof CommandError ? error.tail : "";
  return /^error: ([^]*)/m.exec(said)?.[1] ?? error.message;
}

function flakeTask(key: string, source: BuildSource, lock: LockedFlake): SourceTask {
  const { fragment } = flakeReference(source.flake ?? "");
  const freedom = isImpure(source) ? "plain" : "pure";
  const paths = flakePaths(attributePath(fragment), source.system ?? controllerSystem());
  return {
    key,
    source,
    freedom,
    root: lock,
    paths,
    args: source.args ?? {},
    implied: [],
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

function fileTask(key: string, source: BuildSource, treeAround: TreeAround): SourceTask {
  const file = source.file === undefined ? undefined : resolve(source.file);
  const tree = file === undefined ? undefined : treeAround(file);
  const bounded = file === undefined ? !dependsOnSurroundings(source.expr ?? "") : tree !== undefined;
  return {
    key,
    source,
    tree,
    freedom: bounded && !looksFurther(source) ? "restricted" : "plain",
    root: file === undefined ? { inline: source.expr ?? "" } : `import (/. + ${nixString(file)})`,
    paths: [attributePath(source.attr ?? "")],
    args: { ...(source.system === undefined ? {} : { system: source.system }), ...source.args },
    implied: ["system"],
  };
}
