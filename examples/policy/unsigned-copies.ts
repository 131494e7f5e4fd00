import type { PolicyResource, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { closureCopy, isFor, nixBuild, stacks } from "./resources";

/**
 * A copy carries no signatures: the machine takes what a trusted login brings. So all rests on the store that it comes
 * from, where Nix asks for the signature of whatever it did not build itself, unless it is told not to.
 */
export const unsignedPaths = {
  name: "no-unsigned-paths",
  description: "What is built for production is built here, or signed by a cache that is trusted here",
  configSchema: { properties: { stacks } },
  validateResource({ type, urn, props, getConfig }, reportViolation) {
    if (type !== nixBuild || !isFor(urn, getConfig())) return;
    const options = (props["nixOptions"] ?? {}) as Record<string, string>;
    const said = Object.entries(options).flatMap(([name, value]) => ["--option", name, value]);
    const unsigned = unsignedAmong([...said, ...((props["extraArgs"] ?? []) as string[])]);
    if (unsigned !== undefined) reportViolation(`${unsigned} lets paths in that nobody has signed`);
  },
} satisfies ResourceValidationPolicy;

function unsignedAmong(args: readonly string[]): string | undefined {
  const patterns = [
    /--no-require-sigs/,
    /--option require-sigs false/,
    /--no-check-sigs/,
    /\S+[?&]trusted=(1|true)\S*/,
  ];
  const line = args.join(" ");
  return patterns.map((pattern) => pattern.exec(line)?.[0]).find((found) => found !== undefined);
}

/** A path that somebody typed has no origin that a reviewer could look at. */
export const copiesOfBuilds = {
  name: "copies-of-builds",
  description: "What is copied to production comes from a build of the program or from another stack",
  configSchema: { properties: { stacks } },
  validateStack({ resources, getConfig }, reportViolation) {
    for (const copy of resources) {
      if (copy.type !== closureCopy || !isFor(copy.urn, getConfig()) || comesFromBuild(copy)) continue;
      reportViolation(
        "the path is written in the program: take it from a NixBuild or a stack's output",
        copy.urn,
      );
    }
  },
} satisfies StackValidationPolicy;

function comesFromBuild({ propertyDependencies }: PolicyResource): boolean {
  const { path = [], paths = [] }: Partial<typeof propertyDependencies> = propertyDependencies;
  return [...path, ...paths].some(({ type }) => type === nixBuild || type === "pulumi:pulumi:StackReference");
}
