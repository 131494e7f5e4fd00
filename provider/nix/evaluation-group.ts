import { evaluationKey } from "./evaluation-cache";
import { isInline } from "./evaluation-expression";
import { evaluationArguments, looksFurther } from "./options";
import type { SourceTask } from "./source-task";
import type { SourceTree } from "./source-tree";

/** Tasks that one process can evaluate: they may look around as freely, and have the same options. */
export function groups(tasks: readonly SourceTask[]): SourceTask[][] {
  const found = new Map<string, SourceTask[]>();
  for (const task of tasks) {
    const kind = JSON.stringify([task.freedom, evaluationArguments(task.source)]);
    found.set(kind, [...(found.get(kind) ?? []), task]);
  }
  return [...found.values()];
}

/** The folders that a restricted process may read. */
export function treesOf(tasks: readonly SourceTask[]): SourceTree[] {
  const trees = tasks.map((task) => task.tree).filter((tree) => tree !== undefined);
  const unique = [...new Map(trees.map((tree) => [tree.folder, tree])).values()];
  return unique.sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

// `-I` is what opens a folder to a restricted process. The name must be none that a `<name>` in the source finds.
const folderName = "pulumi-nix-folder-of-source";

/** What a process for a group is given. */
export function groupArguments(tasks: readonly SourceTask[]): string[] {
  const [first] = tasks;
  const own = first === undefined ? [] : evaluationArguments(first.source);
  if (first?.freedom === "plain") return [...own, "--option", "pure-eval", "false"];
  if (first?.freedom === "pure") return [...own, "--option", "pure-eval", "true"];
  const folders = treesOf(tasks).flatMap((tree) => ["-I", `${folderName}=${tree.folder}`]);
  // What NIX_PATH or nix.conf open could be read as well otherwise, and is in no key.
  const closed = ["--option", "nix-path", "", "--option", "allowed-uris", ""];
  return [...own, ...closed, "--option", "restrict-eval", "true", ...folders];
}

/**
 * Under which the result of each task of a group is kept; `around` is what all results depend on. A flake's root names
 * the hash of its content. All folders of the
 * process are in every key: while restricted, each source could read each of them. What may look further has no key and
 * is evaluated every time.
 */
export function keysOf(
  group: readonly SourceTask[],
  around: readonly unknown[] | undefined,
): Map<string, string> {
  if (around === undefined) return new Map();
  const digests = treesOf(group).map((tree) => tree.digest);
  const steady = group.filter(({ freedom, source }) => freedom !== "plain" && !looksFurther(source));
  return new Map(
    steady.map((task) => {
      const place = isInline(task) ? process.cwd() : "";
      const what = [task.root, place, task.paths, task.args, evaluationArguments(task.source)];
      return [task.key, evaluationKey([around, task.freedom, digests, what])];
    }),
  );
}
