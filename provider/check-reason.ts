import type { z } from "zod";
import { secretFields } from "./connection";
import type { Problem } from "./resource";

/** What is wrong with an input, in words about the input, at the property that the user wrote. */
export function problemsOf(name: string, issue: z.core.$ZodIssue, value: unknown): Problem[] {
  const path = [name, ...issue.path].map(String);
  if (valueAt(issue.path, value) === undefined) return [{ property: path.join("."), reason: "is required" }];
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => strange([...path, key]));
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [problemAt(path, issue)];
  const nearest = issue.errors.reduce((best, form) => (nearness(form) > nearness(best) ? form : best));
  if (nearness(nearest) < 0) return [oneOf(path, issue.errors)];
  return nearest.flatMap((inner) =>
    problemsOf(name, { ...inner, path: [...issue.path, ...inner.path] }, value),
  );
}

/** An input that is not there; `known` are those that are. */
export function strange(path: readonly string[], known: readonly string[] = []): Problem {
  const there = known.length === 0 ? "" : `; there are: ${known.join(", ")}`;
  return { property: path.join("."), reason: `there is no such input${there}` };
}

/** Of the forms that a union allows, the one that the user came nearest to is the one to talk about. */
function nearness(form: readonly z.core.$ZodIssue[]): number {
  const wrongType = form.some((issue) => issue.path.length === 0 && issue.code === "invalid_type");
  if (wrongType) return -1000;
  // A form whose very keys are refused is not the one that was meant.
  const refused = form.filter(
    ({ code, path }) => (code === "unrecognized_keys" && path.length === 0) || code === "invalid_value",
  ).length;
  return 500 - refused * 10 - form.length;
}

function oneOf(path: readonly string[], forms: readonly (readonly z.core.$ZodIssue[])[]): Problem {
  const kinds = forms
    .flat()
    .flatMap((issue) => (issue.code === "invalid_type" ? kindOf(issue.expected) : []));
  return { property: path.join("."), reason: `must be ${[...new Set(kinds)].join(" or ")}` };
}

function problemAt(path: readonly string[], issue: z.core.$ZodIssue): Problem {
  const property = path.join(".");
  if (secretFields.includes(String(path.at(-1)))) return { property, reason: "is not of the right form" };
  return { property, reason: reasonOf(issue) };
}

function valueAt(path: readonly PropertyKey[], value: unknown): unknown {
  return path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);
}

function reasonOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `must be ${kindOf(issue.expected)}`;
    case "invalid_value":
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}`;
    case "too_small":
      if (issue.origin === "string" || issue.origin === "array") return "must not be empty";
      return `must be ${issue.inclusive ? "at least" : "more than"} ${issue.minimum}`;
    case "too_big":
      return `must be at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

const kinds: Readonly<Record<string, string>> = {
  array: "a list",
  boolean: "true or false",
  int: "a whole number",
  number: "a number",
  object: "an object",
  record: "an object",
  string: "a text",
};

function kindOf(expected: string): string {
  return kinds[expected] ?? expected;
}
