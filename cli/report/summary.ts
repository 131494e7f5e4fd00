import type { PackageChange } from "./packages";
import type { HostGroup, HostReport, NotKnown, Pair, ResourceReport } from "./report";
import { bytesShown } from "./sizes";
import { sizeShown } from "./words";

/** What a row about a group of hosts says. */

/** All that change, and why some are not known; undefined when all are. */
export function packagesOf(resources: readonly ResourceReport[]): {
  readonly changes: readonly PackageChange[];
  readonly unknown: NotKnown | undefined;
} {
  const all = resources.map(({ change }) => change?.packages);
  return {
    changes: all.flatMap((one) => (typeof one === "object" ? one : [])),
    unknown: all.find((one) => typeof one === "string"),
  };
}

/** One figure, or that of the machine whose closure grows most. */
export function closureSizes({ hosts }: HostGroup): string {
  const sizes = hosts.flatMap((host) => sizesOf(host) ?? []);
  const [most, ...others] = sizes.sort((one, other) => growth(other) - growth(one));
  if (most === undefined) return "";
  const shown = sizeShown(most);
  return others.every((one) => sizeShown(one) === shown) ? shown : `${shown} at most`;
}

function growth({ was = 0, is = 0 }: Pair<number>): number {
  return is - was;
}

/** Of the largest closure on it. */
export function sizesOf({ resources }: HostReport): Pair<number> | undefined {
  const sizes = resources.flatMap(({ change }) => change?.closureSize ?? []);
  return sizes.sort((one, other) => (other.is ?? 0) - (one.is ?? 0))[0];
}

/** `61.2 MiB each`, or from the least to the most. */
export function travels({ hosts }: HostGroup): string {
  const all = hosts.flatMap(({ travel }) => travel ?? []).sort((one, other) => one.bytes - other.bytes);
  const [least, largest] = [all[0], all.at(-1)];
  if (least === undefined || largest === undefined) return "";
  const [from, to] = [bytesShown(least.bytes), bytesShown(largest.bytes)];
  const most = all.some(({ isMost }) => isMost) ? "at most " : "";
  if (from !== to) return `${most}${from} to ${to}`;
  return hosts.length > 1 ? `${most}${from} each` : `${most}${from}`;
}
