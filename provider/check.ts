import type { z } from "zod";
import { secretFields } from "./connection";
import type { Problem, Resource } from "./resource";
import { containsUnknown, isHidden, unknownValue, withoutHidden, type Properties } from "./wire";

/** Inputs with their defaults, and all that is wrong with them at once. */
export interface Checked {
  readonly inputs: Properties;
  readonly problems: Problem[];
}

/**
 * Checks each input by itself, so that in a preview those that are known are judged although others are not; what
 * concerns several inputs together waits until all are known.
 */
export function checkInputs(resource: Resource<never, never>, news: Properties): Checked {
  const inputs: Properties = {};
  const problems: Problem[] = [...unknownNames(resource, news)];
  for (const [name, schema] of Object.entries(resource.inputs.shape)) {
    const value = news[name];
    if (containsUnknown(value)) inputs[name] = value;
    else problems.push(...checkOne(name, schema as z.ZodType, value, inputs));
  }
  if (containsUnknown(inputs))
    return { inputs: { ...inputs, ...unknownDerived(resource, inputs) }, problems };
  if (problems.length === 0) problems.push(...(resource.problems?.(inputs as never) ?? []));
  if (problems.length > 0 || resource.derive === undefined) return { inputs, problems };
  return { inputs: { ...inputs, ...(resource.derive(inputs as never) as Properties) }, problems };
}

/** What follows from an unknown input is unknown as well. */
function unknownDerived(resource: Resource<never, never>, inputs: Properties): Properties {
  const missing = (resource.derived ?? []).filter((name) => inputs[name] === undefined);
  return Object.fromEntries(missing.map((name) => [name, unknownValue]));
}

function checkOne(name: string, schema: z.ZodType, value: unknown, inputs: Properties): Problem[] {
  const result = schema.safeParse(value);
  if (!result.success) return result.error.issues.flatMap((issue) => problemsOf(name, issue, value));
  if (result.data !== undefined) inputs[name] = result.data;
  return [];
}

/** Of the forms that a union allows, the one that the user came nearest to is the one to talk about. */
function problemsOf(name: string, issue: z.core.$ZodIssue, value: unknown): Problem[] {
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [problemOf(name, issue, value)];
  const nearest = issue.errors.reduce((best, form) => (depth(form) > depth(best) ? form : best));
  return nearest.flatMap((inner) =>
    problemsOf(name, { ...inner, path: [...issue.path, ...inner.path] }, value),
  );
}

function depth(form: readonly z.core.$ZodIssue[]): number {
  // A form whose very keys are refused, or that is of another type, is not the one that was meant.
  const refused = form.filter(
    (issue) => issue.code === "unrecognized_keys" || issue.code === "invalid_value",
  ).length;
  const wrongType = form.some((issue) => issue.path.length === 0 && issue.code === "invalid_type");
  return wrongType ? -1000 : -refused * 10 - form.length;
}

function problemOf(name: string, issue: z.core.$ZodIssue, value: unknown): Problem {
  const property = [name, ...issue.path].join(".");
  if (value === undefined) return { property, reason: "is required" };
  const isSecret = secretFields.includes(String(issue.path.at(-1)));
  return { property, reason: isSecret ? "is not of the right form" : issue.message };
}

function unknownNames(resource: Resource<never, never>, news: Properties): Problem[] {
  const known = Object.keys(resource.inputs.shape);
  const strange = Object.keys(withoutHidden(news)).filter((name) => !known.includes(name) && !isHidden(name));
  return strange.map((property) => ({
    property,
    reason: `there is no such input; there are: ${known.join(", ")}`,
  }));
}
