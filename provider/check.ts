import type { z } from "zod";
import { problemsOf, strange } from "./check-reason";
import { contentNames, type Problem, type Resource } from "./resource";
import {
  containsUnknown,
  isHidden,
  unknownValue,
  withoutHidden,
  withoutNames,
  type Properties,
} from "./wire";

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
  // What a path holds may be unknown as long as it is not built; nothing else follows from that.
  if (containsUnknown(withoutNames(inputs, contentNames(resource, inputs))))
    return { inputs: { ...inputs, ...unknownDerived(resource, inputs) }, problems };
  problems.push(...problemsTogether(resource, { ...news, ...inputs }, problems));
  if (problems.length > 0) return { inputs, problems };
  resource.note?.(inputs as never);
  return {
    inputs: { ...inputs, ...(resource.derive?.(inputs as never) as Properties | undefined) },
    problems,
  };
}

/** What is wrong with several inputs together, unless it is about one that is wrong by itself. */
function problemsTogether(
  resource: Resource<never, never>,
  inputs: Properties,
  alone: readonly Problem[],
): Problem[] {
  const top = ({ property }: Problem): string => property.split(".")[0] ?? property;
  const wrong = new Set(alone.map(top));
  try {
    return (resource.problems?.(inputs as never) ?? []).filter((problem) => !wrong.has(top(problem)));
  } catch (error) {
    if (alone.length > 0) return []; // An input of the wrong type; with that put right, this is asked again.
    throw error;
  }
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

function unknownNames(resource: Resource<never, never>, news: Properties): Problem[] {
  const known = Object.keys(resource.inputs.shape);
  const others = Object.keys(withoutHidden(news)).filter((name) => !known.includes(name) && !isHidden(name));
  return others.map((name) => strange([name], known));
}
