import { createHash } from "node:crypto";
import { z } from "zod";
import { isHidden, isObject, unknownValue, type Properties as Bag } from "../../provider/wire";
import { notKnown, type Known, type Properties } from "./run";

/**
 * What a report reads of a resource: a property that is not named here is never shown, whatever is in it. What is not
 * of the expected kind counts as absent. Given without secrets.
 */
export function propertiesOf(inputs: Bag = {}, outputs: Bag = {}): Properties {
  // What a build finds at its end is among the outputs only.
  const value = (name: string): unknown => own(inputs, name) ?? own(outputs, name);
  return {
    connection: known(connectionSchema, value("connection")),
    values: Object.fromEntries(singleValues.map((name) => [name, known(singleSchema, value(name))])),
    packages: known(textsSchema, value("packages")),
    units: known(textsSchema, value("units")),
    closureSize: known(z.number().nonnegative(), value("closureSize")),
    text: known(z.string(), value("text")),
    digests: Object.fromEntries(Object.entries(inputs).flatMap(([name, item]) => digestOf(name, item))),
  };
}

/** In the order in which they are shown. */
export const singleValues = [
  "outPath",
  "path",
  "paths",
  "source",
  "url",
  "profile",
  "user",
  "kind",
  "action",
  "reboot",
  "onDestroy",
  "originalPath",
  "name",
  "scope",
  "state",
  "enabled",
] as const;

function own(bag: Bag, name: string): unknown {
  return Object.hasOwn(bag, name) ? bag[name] : undefined;
}

function known<T>(schema: z.ZodType<T>, value: unknown): Known<T> {
  if (value === unknownValue) return notKnown;
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

function digestOf(name: string, value: unknown): [string, string][] {
  if (isHidden(name)) return [];
  return [[name, createHash("sha256").update(canonical(value)).digest("base64")]];
}

/** The engine sorts keys in one form of its output and not in the other. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    isObject(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item,
  );
}

const textsSchema = z.record(z.string(), z.string());

const singleSchema = z
  .union([z.string(), z.number(), z.boolean(), z.array(z.string())])
  .transform((value) => (Array.isArray(value) ? value.join(" ") : String(value)));

/** Where a machine is, and nothing of how to log in. */
const connectionSchema = z.object({
  host: z.string().optional().catch(undefined),
  port: z.number().optional().catch(undefined),
  user: z.string().optional().catch(undefined),
  local: z.boolean().optional().catch(undefined),
});
