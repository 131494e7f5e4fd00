import type { PolicyConfigSchema } from "@pulumi/policy";

/** The types of pulumi-nix, as the engine names them: the pack needs nothing of the program that it judges. */
export const nixBuild = "pulumi-nodejs:dynamic/nix:NixBuild";
export const closureCopy = "pulumi-nodejs:dynamic/nix:ClosureCopy";
export const profileActivation = "pulumi-nodejs:dynamic/nix:ProfileActivation";
export const systemdUnit = "pulumi-nodejs:dynamic/nix:SystemdUnit";

/** Which stacks a policy is for. */
export const stacks = {
  type: "array",
  items: { type: "string" },
  default: ["prod"],
} satisfies PolicyConfigSchema["properties"][string];

/** Whether a policy is for the stack of a resource, `urn:pulumi:STACK::PROJECT::TYPE::NAME`. */
export function isFor(urn: string, { stacks }: { stacks: string[] }): boolean {
  const [, stack = ""] = /^urn:pulumi:([^:]*)::/.exec(urn) ?? [];
  return stacks.includes(stack);
}

/** Why nothing can be said of what a machine would run: neither was it built here, nor is it in a cache. */
export const notKnown =
  "what would be active is not known, as its closure is not in the store of the machine that runs Pulumi: build it " +
  "there, by a NixBuild or from a cache";
