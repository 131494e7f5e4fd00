/**
 * Values as Pulumi's dynamic-provider protocol carries them: JSON, in which a value that a preview does not know yet
 * is a certain string, and keys that begin with two underscores are not the user's.
 */

export type Properties = Record<string, unknown>;

// Pulumi, sdk/nodejs/runtime/rpc.ts: unknownValue.
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function containsUnknown(value: unknown): boolean {
  if (value === unknownValue) return true;
  if (Array.isArray(value)) return value.some(containsUnknown);
  return isObject(value) && Object.values(value).some(containsUnknown);
}

export function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isHidden(key: string): boolean {
  return key.startsWith("__");
}

export function onlyHidden(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([key]) => isHidden(key)));
}

export function withoutHidden(properties: Properties): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([key]) => !isHidden(key)));
}

export function onlyNames(properties: Properties, names: readonly string[]): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([key]) => names.includes(key)));
}

export function withoutNames(properties: Properties, names: readonly string[]): Properties {
  return Object.fromEntries(Object.entries(properties).filter(([key]) => !names.includes(key)));
}

/** The protocol fails on undefined, however deep ("Unexpected struct type"). */
export function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutUndefined(item)]));
}

/** Equal as JSON: the order of keys does not count, undefined is absence. */
export function isSame(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other);
}

function canonical(value: unknown): string {
  return JSON.stringify(withoutUndefined(value), (_key, item: unknown) =>
    isObject(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item,
  );
}
