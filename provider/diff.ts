import { connectionNames, machineWritten } from "./connection";
import { contentNames, inputNames, type Resource } from "./resource";
import { isObject, isSame, type Properties } from "./wire";

export interface Difference {
  readonly changed: string[];
  readonly replacing: string[];
}

/** What differs between the state and the wanted inputs, apart from what needs nothing done. */
export function difference(
  resource: Resource<never, never>,
  state: Properties,
  wanted: Properties,
): Difference {
  const quiet = [...(resource.silent ?? []), ...contentNames(resource, wanted)];
  const names = inputNames(resource).filter((name) => !quiet.includes(name));
  const changed = names.filter((name) => !isSameInput(name, state[name], wanted[name]));
  return { changed, replacing: changed.filter((name) => resource.replacedBy.includes(name)) };
}

/** Of a connection only the machine counts: a rotated key is no diff, and neither is another way there. */
function isSameInput(name: string, old: unknown, wanted: unknown): boolean {
  const isConnection = connectionNames.includes(name);
  if (!isConnection || !isObject(old) || !isObject(wanted)) return isSame(old, wanted);
  return machineWritten(old) === machineWritten(wanted);
}
