import { connectionSchema, connectionsIn } from "./connection";
import { containsUnknown, withoutHidden, type Properties } from "./wire";

/**
 * What a resource works with: without what is the wire's, without what is not known yet, and connections with their
 * defaults.
 */
export function forResource(properties: Properties): never {
  const all = Object.entries(withoutHidden(properties));
  const known = Object.fromEntries(all.filter(([, value]) => !containsUnknown(value)));
  const connections = Object.entries(connectionsIn(known)).map(([name, connection]) => [
    name,
    connectionSchema.parse(connection),
  ]);
  return { ...known, ...Object.fromEntries(connections) } as never;
}

export function urnOf(properties: Properties): string {
  const { __urn: urn } = properties;
  return typeof urn === "string" ? urn : "";
}
