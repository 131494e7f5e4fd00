import type { PolicyResource, ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { closureCopy, isFor, nixBuild, stacks } from "./resources";

/**
 * What is copied is as good as the store that it comes from, where Nix asks for the signature of whatever it did not build
 * itself, unless it is told not to.
 */
export const unsignedPaths = {
  name: "no-unsigned-paths",
  description: "What is built for production is built here, or signed by a cache that is trusted here",
  configSchema: { properties: { stacks } },
  validateResource({ type, urn, props, getConfig }, reportViolation) {
    if (type !== nixBuild || !isFor(urn, getConfig())) return;
    const settings = Object.entries((props["nixOptions"] ?? {}) as Record<string, string>);
    settings.push(...settingsOf((props["extraArgs"] ?? []) as string[]));
    for (const [name, value] of settings) {
      const found = fault(name, value);
      if (found !== undefined) reportViolation(`${name} ${value}`.trim() + ` ${found}`);
    }
  },
} satisfies ResourceValidationPolicy;

/** Nix takes each setting as `--option NAME VALUE`, `--NAME VALUE`, `--NAME` and `--no-NAME`. */
function settingsOf(args: readonly string[]): [string, string][] {
  return args.flatMap((arg, at): [string, string][] => {
    if (arg === "--option") return [[args[at + 1] ?? "", args[at + 2] ?? ""]];
    const { [at + 1]: next = "" } = args;
    return arg.startsWith("--") ? [[arg.slice(2), next.startsWith("--") ? "" : next]] : [];
  });
}

const sources = /^(extra-)?(trusted-)?(substituters|binary-caches)$/;
const keys = /^(extra-)?(trusted-public-keys|binary-cache-public-keys)$/;

function fault(name: string, value: string): string | undefined {
  const off = /^(false|no|0)$/.test(value);
  if (/^no-(require|check)-sigs$/.test(name) || (name === "require-sigs" && off))
    return "lets paths in that nobody has signed";
  if (/[?&]trusted=(true|yes|1)\b/.test(value)) return "lets paths in that nobody has signed";
  if (name === "accept-flake-config" && !off) return "lets the flake say whose signature counts";
  // Nothing is what switches caches off.
  if ((sources.test(name) || keys.test(name)) && value !== "")
    return "says where paths come from, or whose signature counts: that is for the nix.conf of where it is built";
  return undefined;
}

/** A machine takes from a trusted login what nobody has signed, unless the copy asks for signatures itself. */
export const signedCopies = {
  name: "signed-copies",
  description: "What is copied to production is signed by a key that the machine or this policy trusts",
  configSchema: { properties: { stacks, keys: { type: "array", items: { type: "string" }, default: [] } } },
  validateResource({ type, urn, props, getConfig }, reportViolation) {
    const config = getConfig<{ stacks: string[]; keys: string[] }>();
    if (type !== closureCopy || !isFor(urn, config)) return;
    if (props["requireSignatures"] !== true)
      reportViolation("requireSignatures: true is missing, so that unsigned paths may be sent");
    const own = (props["trustedPublicKeys"] ?? []) as string[];
    for (const key of own.filter((key) => !config.keys.includes(key)))
      reportViolation(`${key} is not among the keys whose signature counts`);
  },
} satisfies ResourceValidationPolicy;

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
