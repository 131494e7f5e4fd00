import type { Foreseen, HostCollected, KeptRoot, Retention } from "../activation/collection";
import { shownSize } from "../amounts";
import type { Host } from "../host/host";
import type { Context } from "../resource";

/** What a collection of garbage says, before and behind it. */

/** @param wanted bytes that shall be free; undefined collects all */
export function wouldDo(
  { name }: Host,
  { generations, unrooted, free }: Foreseen,
  wanted: number | undefined,
): string {
  const what =
    wanted === undefined
      ? "all that nothing leads to would be collected"
      : free < wanted
        ? `${shownSize(wanted - free)} would be collected, as far as nothing leads to them`
        : "nothing would be collected";
  const gone = [
    ...generations.map((link) => `generation ${link} would go`),
    ...unrooted.map((id) => `the roots of ${id} would go`),
  ];
  return [`${shownSize(free)} are free on ${name} now: ${what}`, ...gone].join("\n");
}

export function tell(
  { name }: Host,
  { paths, after, generations, unrooted }: HostCollected,
  wanted: number | undefined,
  context: Context,
): void {
  const links = generations.length === 1 ? "1 generation" : `${generations.length} generations`;
  context.log("info", `${links} and ${paths} paths went on ${name}: ${shownSize(after)} are free`);
  if (unrooted.length > 0)
    context.log("info", `roots went on ${name}, of resources that are not in use: ${unrooted.join(", ")}`);
  if (wanted === undefined || after >= wanted) return;
  const missing = `${shownSize(wanted)} were to be free on ${name}, and ${shownSize(after)} are`;
  context.log(
    "warning",
    `${missing}: all else is led to by roots (nix-store --gc --print-roots tells which)`,
  );
}

/** Whether anybody still needs them is known to no stack alone. */
export function tellOtherRoots(
  { name }: Host,
  roots: readonly KeptRoot[],
  copies: readonly string[],
  { stateFolder }: Retention,
  context: Context,
): void {
  const others = roots.filter(({ id }) => !copies.includes(id));
  if (others.length === 0) return;
  const day = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);
  const lines = others.map(({ id, since, path }) => `${id} since ${day(since)}: ${path}`);
  const kinds = "ClosureCopy, SystemdUnit or NixBuild";
  const hint = `when no stack has a ${kinds} with that id any more: rm -r ${stateFolder}/roots/ID`;
  context.log("info", `other resources keep paths on ${name} (${hint}):\n${lines.join("\n")}`);
}
