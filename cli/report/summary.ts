import type { PackageChange } from "./packages";
import type { HostGroup, HostReport, Pair, ResourceReport } from "./report";
import { bytesShown } from "./sizes";
import { sizeShown } from "./words";

/** What a row about a group of hosts says. */

export function packagesOf(resources: readonly ResourceReport[]): readonly PackageChange[] | "not known" {
  const all = resources.map(({ change }) => change?.packages).filter((one) => one !== undefined);
  const known = all.filter((one) => one !== "not known").flat();
  return known.length > 0 || all.length === 0 ? known : "not known";
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
  const sizes = hosts.flatMap(({ travel }) => (travel === undefined ? [] : [bytesOf(travel.size)]));
  if (sizes.length === 0) return "";
  const [least, largest] = [bytesShown(Math.min(...sizes)), bytesShown(Math.max(...sizes))];
  if (least !== largest) return `${least} to ${largest}`;
  return hosts.length > 1 ? `${least} each` : least;
}

function bytesOf(size: string): number {
  const [number = "0", unit = "B"] = size.split(" ");
  return Math.round(
    Number(number) * 2 ** (10 * Math.max(0, ["B", "KiB", "MiB", "GiB", "TiB"].indexOf(unit))),
  );
}
