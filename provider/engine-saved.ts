import type { Struct } from "google-protobuf/google/protobuf/struct_pb";

/** Under which the inputs that the engine has saved reach our handlers beside the outputs. */
export const savedInputs = "__savedInputs";

/**
 * Adds the saved inputs to what the server hands on. Every dynamic resource of a program is served by this process, and
 * those of others must not find in their state what they did not put there.
 */
export function withSaved(
  properties: ReturnType<Struct["toJavaScript"]>,
  inputs: Struct,
): ReturnType<Struct["toJavaScript"]> {
  return isOurs(properties) ? { ...properties, [savedInputs]: inputs.toJavaScript() as never } : properties;
}

function isOurs({ __provider: provider }: { __provider?: unknown }): boolean {
  return typeof provider === "string" && provider.includes("pulumi-nix/provider");
}
