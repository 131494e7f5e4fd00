import * as pulumi from "@pulumi/pulumi";
import type { ProgramTold } from "../provider/program-told";
import type { Problem } from "../provider/resource";

type HandlerName =
  | "binaryCache"
  | "closureCopy"
  | "hostGarbageCollection"
  | "nixBuild"
  | "profileActivation"
  | "signingKey"
  | "systemdUnit";

/**
 * Around the constructor of Pulumi's library, which formats a stack trace for each of four promises that it keeps of each
 * property, while ts-node looks up the source of each frame: two thirds of what a resource costs a program. They are shown
 * by PULUMI_DEBUG_PROMISE_LEAKS only. An error's own trace is formatted when it is looked at, which is later. Where the
 * resource stands in the program the library asks with no limit, and counts frames: a class between ours and its own, or a
 * function around `super`, would be taken for the program.
 * @returns what takes it back
 */
export function leaveTracesUnformatted(): () => void {
  if (process.env["PULUMI_DEBUG_PROMISE_LEAKS"]) return () => undefined;
  // Node 20 has none but where something maps traces to their sources, as ts-node does; its own formatting is cheap.
  const format = Error.prepareStackTrace as typeof Error.prepareStackTrace | undefined;
  if (format === undefined) return () => undefined;
  // What is no error asks where it stands, too: so did older versions of the library.
  Error.prepareStackTrace = (error, frames): unknown =>
    error instanceof Error && Error.stackTraceLimit !== Number.POSITIVE_INFINITY
      ? String(error)
      : format(error, frames);
  return () => (Error.prepareStackTrace = format);
}

/**
 * A resource that the handler of this name serves. The text that goes into the state as `__provider` is a constant
 * which names the handler, not code: a newer version of this package then serves older states.
 */
export function dynamicProperties(
  name: string,
  type: string,
  handler: HandlerName,
  options: pulumi.CustomResourceOptions | undefined,
  told: { readonly [Name in keyof ProgramTold]?: unknown } = {},
): Record<string, unknown> {
  return {
    __provider: `exports.handler=()=>require("pulumi-nix/provider").${handler};`,
    // A dynamic provider is not told which resource it works on; messages need it.
    __urn: urnOf(name, type, options?.parent),
    __program: { isPreview: pulumi.runtime.isDryRun() ? true : undefined, ...told },
  };
}

/** Without what was not given: a resource keeps promises of each property, also of one that is undefined. */
export function given(args: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined));
}

/** As a promise, which depends on nothing: by its output, resources below one component would wait for each other. */
function urnOf(name: string, type: string, parent: pulumi.Resource | undefined): Promise<string> {
  return new Promise((resolve) => void pulumi.createUrn(name, type, parent).apply(resolve));
}

export function resourceType(name: string): string {
  return `pulumi-nodejs:dynamic/nix:${name}`;
}

/** A problem for the provider to report with the resource, if there is a secret anywhere in a value. */
export function secretProblems(value: pulumi.Input<unknown>, problem: Problem): pulumi.Output<Problem[]> {
  return pulumi
    .output(pulumi.isSecret(pulumi.output(value)))
    .apply((isSecret) => (isSecret ? [problem] : []));
}
