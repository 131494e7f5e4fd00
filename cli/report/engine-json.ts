import { z } from "zod";
import { propertiesOf } from "./properties";
import type { Diagnostic, Ending, Step } from "./run";

/** What the two forms of the engine's output have in common. Given without secrets. */

const bag = z.record(z.string(), z.unknown()).nullish().catch(undefined);
const state = z
  .object({ inputs: bag, outputs: bag, retainOnDelete: z.boolean().optional().catch(undefined) })
  .nullish()
  .catch(undefined);
const names = z.array(z.string()).nullish().catch(undefined);

export const stepSchema = z.object({ op: z.string(), urn: z.string() });

const detailsSchema = z.object({
  oldState: state,
  newState: state,
  old: state,
  new: state,
  diffReasons: names,
  diffs: names,
});

export function stepOf(step: unknown, ended: Ending = "done"): Step | undefined {
  const parsed = stepSchema.safeParse(step);
  if (!parsed.success) return undefined;
  const details = detailsSchema.parse(step);
  const was = details.oldState ?? details.old ?? undefined;
  const is = details.newState ?? details.new ?? undefined;
  return {
    ...parsed.data,
    changed: details.diffReasons ?? details.diffs ?? [],
    was: was && propertiesOf(was.inputs ?? {}, was.outputs ?? {}),
    is: is && propertiesOf(is.inputs ?? {}, is.outputs ?? {}),
    retained: was?.retainOnDelete ?? false,
    ended,
  };
}

const diagnosticSchema = z.object({
  urn: z.string().default(""),
  // Debug messages hold whole resources.
  severity: z.enum(["info", "info#err", "warning", "error"]),
  prefix: z.string().default(""),
  message: z.string(),
  ephemeral: z.boolean().default(false),
});

/** What is to be shown; undefined for what passes by. */
export function diagnosticOf(value: unknown): Diagnostic | undefined {
  const parsed = diagnosticSchema.safeParse(value).data;
  if (parsed === undefined || parsed.ephemeral) return undefined;
  const severity = parsed.severity === "info#err" ? "info" : parsed.severity;
  const message = plain(parsed.message).replace(new RegExp(`^${severity}: `), "");
  return message.trim() === "" ? undefined : { urn: parsed.urn, severity, message: message.trimEnd() };
}

const policySchema = z.object({
  resourceUrn: z.string().default(""),
  message: z.string(),
  policyName: z.string(),
  policyPackName: z.string(),
  enforcementLevel: z.string().default(""),
});

/** What a policy found; one that is mandatory has kept the resource from its change. */
export function violationOf(value: unknown): Diagnostic | undefined {
  const parsed = policySchema.safeParse(value).data;
  if (parsed === undefined) return undefined;
  const { resourceUrn: urn, policyName, policyPackName, enforcementLevel } = parsed;
  const message = `policy ${policyName} of ${policyPackName}: ${plain(parsed.message).trim()}`;
  return { urn, severity: enforcementLevel === "mandatory" ? "error" : "warning", message };
}

/** Without the engine's colours and a terminal's. */
function plain(text: string): string {
  return text
    .replace(/<\{%(?:fg|bg|reset|bold|underline)[^%]*%\}>/g, "")
    .replace(/\u001b\[[0-9;]*[A-Za-z]/g, "");
}
