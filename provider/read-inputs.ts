import { connectionsOfOthers, inputsSavedWith } from "./engine-requests";
import { inputNames, type Resource } from "./resource";
import { isSame, onlyHidden, onlyNames, type Properties } from "./wire";

/**
 * The inputs of a resource that was read, so that the next preview shows actual => wanted: what the machine tells, and of
 * silent inputs, of which it tells nothing, what the program gave last. What an update has found out by
 * itself is no input as long as it is so. Undefined when the engine is to keep the inputs that it has saved.
 *
 * @param before the state as it was given to be read
 * @param found the state as it was read
 */
export function inputsRead(
  resource: Pick<Resource<never, never>, "inputs" | "derived" | "contentNames" | "silent">,
  before: Properties,
  found: Properties,
): Properties | undefined {
  const names = inputNames(resource);
  const untold = resource.silent ?? [];
  const told = names.filter((name) => !untold.includes(name));
  const changed = told.filter((name) => !isSame(before[name], found[name]));
  const saved = inputsSavedWith(before);
  if (saved !== undefined) {
    const known = told.filter((name) => Object.hasOwn(saved, name) || changed.includes(name));
    return { ...onlyNames(found, known), ...onlyNames(saved, untold), ...onlyHidden(found) };
  }
  // What the engine has saved may be newer than the outputs, which are all that we have.
  const connections = changed.length === 0 ? undefined : connectionsOfOthers(before);
  return connections && { ...onlyNames(found, names), ...connections, ...onlyHidden(found) };
}
