import { readFileSync } from "node:fs";
import type { ResourceValidationPolicy } from "@pulumi/policy";
import { isFor, notKnown, profileActivation, stacks } from "./resources";

interface Limits {
  stacks: string[];
  /** MiB that no closure may exceed. */
  atMost?: number;
  /** By how many times a closure may grow against what the stack holds, where `former` says what that is. */
  growth: number;
  /** A file with the state before the change, as `pulumi stack export` writes it; beside PulumiPolicy.yaml. */
  former?: string;
}

const properties = {
  stacks,
  atMost: { type: "number" },
  growth: { type: "number", default: 1.5 },
  former: { type: "string" },
} as const;

export const closureGrowth = {
  name: "closure-growth",
  description: "A closure that becomes active is not far bigger than the one before, or than a limit",
  configSchema: { properties },
  validateResource({ type, urn, props, getConfig }, reportViolation) {
    const limits = getConfig<Limits>();
    if (type !== profileActivation || !isFor(urn, limits)) return;
    if (limits.atMost === undefined && limits.former === undefined) return;
    const size = props["closureSize"] as number | undefined;
    if (size === undefined) return reportViolation(notKnown);
    for (const reason of tooMuch(size, urn, limits)) reportViolation(reason);
  },
} satisfies ResourceValidationPolicy;

function* tooMuch(size: number, urn: string, { atMost, growth, former }: Limits): Generator<string> {
  if (atMost !== undefined && size > atMost * 2 ** 20) {
    yield `the closure is ${mebibytes(size)}: at most ${atMost} MiB are allowed`;
  }
  const before = former === undefined ? undefined : formerSize(former, urn);
  if (before !== undefined && size > before * growth) {
    const times = (size / before).toFixed(1);
    yield `the closure grows from ${mebibytes(before)} to ${mebibytes(size)}, ${times} times: at most ${growth} are allowed`;
  }
}

interface Exported {
  deployment: { resources?: { urn: string; outputs?: { closureSize?: number } }[] };
}

function formerSize(file: string, urn: string): number | undefined {
  const { deployment } = JSON.parse(readFileSync(file, "utf8")) as Exported;
  return deployment.resources?.find((resource) => resource.urn === urn)?.outputs?.closureSize;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
