type Bag = Record<string, unknown>;

/** A step of the engine's preview, of one resource of ours. */
export function step(op: string, name: string, was: Bag | undefined, is?: Bag, more: Bag = {}): Bag {
  const { type = "ProfileActivation", ...rest } = more;
  return {
    op,
    urn: urnOf(name, String(type)),
    ...(was && { oldState: { inputs: was, ...rest } }),
    ...(is && { newState: { inputs: is, ...rest } }),
  };
}

export function urnOf(name: string, type = "ProfileActivation"): string {
  return `urn:pulumi:dev::fleet::pulumi-nodejs:dynamic/nix:${type}::${name}`;
}

/** What `pulumi preview --json` would print of it. */
export function previewOf(steps: readonly Bag[], diagnostics: readonly Bag[] = []): string {
  return JSON.stringify({ steps, diagnostics });
}

/** What `pulumi up --json` would print when each step was done. */
export function updateOf(steps: readonly Bag[], events: readonly Bag[] = [], result = "succeeded"): string {
  const done = steps.map(({ oldState, newState, ...rest }) => ({
    resOutputsEvent: { metadata: { ...rest, old: oldState, new: newState } },
  }));
  return [...done, ...events, { summaryEvent: { result } }].map((event) => JSON.stringify(event)).join("\n");
}

/** A machine's profile, which runs a path. */
export function profileOn(host: string, path: string, more: Bag = {}): Bag {
  return { connection: { host }, profile: "system", path, ...more };
}

export function storePath(name: string): string {
  return `/nix/store/${"0".repeat(32)}-${name}`;
}
