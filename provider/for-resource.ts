import { connectionSchema } from "./connection";
import { containsUnknown, withoutHidden, type Properties } from "./wire";

/**
 * What a resource works with: without what is the wire's, without what is not known yet, and the connection with its
 * defaults.
 */
export function forResource(properties: Properties): never {
  const { connection, ...others } = withoutHidden(properties);
  const known = Object.fromEntries(Object.entries(others).filter(([, value]) => !containsUnknown(value)));
  if (connection === undefined) return known as never;
  return { ...known, connection: connectionSchema.parse(connection) } as never;
}

export function urnOf(properties: Properties): string {
  const { __urn: urn } = properties;
  return typeof urn === "string" ? urn : "";
}
