import assert from "node:assert/strict";
import type { Project } from "./project";

/** What `pulumi preview --json` prints, as far as it is about resources. */
export interface PreviewJson {
  readonly steps: readonly PreviewStep[];
  readonly diagnostics?: readonly { urn?: string; severity: string; message: string }[];
}

export interface PreviewStep {
  readonly op: string;
  readonly urn: string;
  readonly detailedDiff?: Readonly<Record<string, { kind: string; inputDiff: boolean }>> | null;
}

export async function previewJson(project: Project, ...args: string[]): Promise<PreviewJson> {
  return JSON.parse(await project.succeed("preview", "--json", ...args)) as PreviewJson;
}

/** The changed properties of a resource that is updated, with the kind of each. */
export function changesOf({ steps }: PreviewJson, name: string): Record<string, string> {
  const step = steps.find(({ urn, op }) => urn.endsWith(name) && op === "update");
  assert.ok(step, `${name} is not updated: ${JSON.stringify(steps.map(({ urn, op }) => [op, urn]))}`);
  return Object.fromEntries(Object.entries(step.detailedDiff ?? {}).map(([path, { kind }]) => [path, kind]));
}

/** What is said with a resource. */
export function saidWith({ diagnostics = [] }: PreviewJson, name: string): string[] {
  return diagnostics.filter(({ urn }) => urn?.endsWith(name)).map(({ message }) => message.trim());
}
