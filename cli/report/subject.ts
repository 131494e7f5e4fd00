import { notKnown, type Properties } from "./run";

/** What a resource is about, in the field's words: `profile system`, `unit web.service`. */
export function subjectOf(type: string, name: string, properties: Properties): string {
  const value = (property: string): string => {
    const found = properties.values[property];
    return found === notKnown || found === undefined ? name : found;
  };
  const user = properties.values["user"];
  const whose = typeof user === "string" ? ` of ${user}` : "";
  switch (type) {
    case "ProfileActivation":
      return `profile ${value("profile")}${whose}`;
    case "SystemdUnit":
      return `unit ${value("name")}${properties.values["scope"] === "user" ? whose || " of a user" : ""}`;
    case "HostGarbageCollection":
      return "garbage collection";
    case "BinaryCache":
    case "ClosureCopy":
      return "closure";
    default:
      return name;
  }
}

const order = ["ProfileActivation", "SystemdUnit", "HostGarbageCollection", "ClosureCopy", "BinaryCache"];

/** What matters most comes first. */
export function bySubject(
  one: { type: string; subject: string },
  other: { type: string; subject: string },
): number {
  const place = order.indexOf(one.type) - order.indexOf(other.type);
  return place || (one.subject < other.subject ? -1 : 1);
}
