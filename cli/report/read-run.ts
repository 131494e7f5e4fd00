import { z } from "zod";
import { isObject } from "../../provider/wire";
import { diagnosticOf, stepOf, violationOf } from "./engine-json";
import { withoutSecrets } from "./hidden";
import { jsonValues } from "./json-values";
import { ofUrn } from "./resource-name";
import type { Ending, Run, Step } from "./run";

/** A file that is not what the engine prints. The message goes behind the file's name. */
export class NotARunError extends Error {}

/**
 * What `pulumi preview --json` prints: one document (Pulumi, pkg/display/json.go: PreviewDigest).
 * @throws NotARunError
 */
export function readPreview(text: string): Run {
  const preview = values(text, "pulumi preview --json").find((one) => isDigest(one));
  if (preview === undefined) throw new NotARunError("is not what `pulumi preview --json` prints");
  const { steps, diagnostics, changeSummary } = digestSchema.parse(preview);
  const told = diagnostics.flatMap((one) => diagnosticOf(one) ?? []);
  return {
    kind: "preview",
    ...nameOf(steps, told),
    counts: changeSummary,
    steps: steps.flatMap((step) => stepOf(step) ?? []),
    diagnostics: told,
    failed: told.some(({ severity }) => severity === "error"),
  };
}

/**
 * What `pulumi up --json` prints: events, one a line, behind the preview's document unless that was skipped (Pulumi,
 * sdk/go/common/apitype/events.go: EngineEvent).
 * @throws NotARunError
 */
export function readUpdate(text: string): Run {
  const events = values(text, "pulumi up --json").flatMap((one) => eventSchema.safeParse(one).data ?? []);
  const summary = events.findLast(({ summaryEvent }) => summaryEvent !== undefined)?.summaryEvent;
  const isEvent = Object.keys(eventSchema.shape).some((name) => events.some((one) => name in one));
  if (!isEvent) throw new NotARunError("holds no update: `pulumi up --json` prints its events");
  const diagnostics = events.flatMap(
    ({ diagnosticEvent, policyEvent }) => diagnosticOf(diagnosticEvent) ?? violationOf(policyEvent) ?? [],
  );
  const steps = stepsOf(events);
  return {
    kind: "update",
    ...nameOf(steps, diagnostics),
    counts: summary?.resourceChanges ?? {},
    steps,
    diagnostics,
    failed: summary?.result !== "succeeded",
  };
}

const counts = z.record(z.string(), z.number()).catch({});

const digestSchema = z.object({
  steps: z.array(z.unknown()).nullish().transform(orNone).catch([]),
  diagnostics: z.array(z.unknown()).nullish().transform(orNone).catch([]),
  changeSummary: counts.default({}),
});

const metadata = z.object({ metadata: z.unknown() });

const eventSchema = z.object({
  diagnosticEvent: z.unknown().optional(),
  policyEvent: z.unknown().optional(),
  resourcePreEvent: metadata.optional(),
  resOutputsEvent: metadata.optional(),
  resOpFailedEvent: metadata.optional(),
  summaryEvent: z.object({ result: z.string().optional(), resourceChanges: counts.default({}) }).optional(),
});

type Event = z.infer<typeof eventSchema>;

function orNone<T>(list: T[] | null | undefined): T[] {
  return list ?? [];
}

function values(text: string, command: string): unknown[] {
  if (text.trim() === "") throw new NotARunError(`is empty: did \`${command}\` fail?`);
  try {
    return jsonValues(text).map(withoutSecrets);
  } catch (error) {
    throw new NotARunError(`is not what \`${command}\` prints: ${(error as Error).message}`);
  }
}

function isDigest(value: unknown): boolean {
  return isObject(value) && ["steps", "changeSummary", "diagnostics"].some((name) => name in value);
}

/** Every run tells of the stack itself, unless it failed before it came to it. */
function nameOf(...lists: (readonly unknown[])[]): { project: string; stack: string } {
  const urns = lists.flat().map((one) => (isObject(one) ? String(one["urn"]) : ""));
  const { project, stack } = ofUrn(urns.find((urn) => urn.startsWith("urn:pulumi:")) ?? "");
  return { project, stack };
}

/** One for each time that the engine turned to a resource: what it began with, and how that ended. */
function stepsOf(events: readonly Event[]): Step[] {
  const steps = new Map<string, Step>();
  const note = (event: { metadata: unknown } | undefined, ended: Ending): void => {
    const step = event && stepOf(event.metadata, ended);
    if (step) steps.set(`${step.op} ${step.urn}`, step);
  };
  for (const event of events) {
    note(event.resourcePreEvent, "not finished");
    note(event.resOutputsEvent, "done");
    note(event.resOpFailedEvent, "failed");
  }
  return [...steps.values()];
}
