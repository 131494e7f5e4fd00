import { RefusedError } from "../errors";
import type { Host } from "../host/host";
import { storePathsIn } from "../values";
import { asksForRestart } from "./foresee";
import type { Question, SeenUnit } from "./observe";
import type { Wish } from "./plan";
import { entriesOf } from "./source";
import type { SystemdUnitInputs, SystemdUnitState } from "./unit-inputs";
import { withOwner } from "./unit-text";

/** What a look has to find out for a resource's inputs. */
export function questionFor(id: string, { name, scope, source, text }: SystemdUnitInputs): Question {
  return {
    id,
    source: source === undefined ? undefined : { path: source, entries: entriesOf(scope, name) },
    paths: storePathsIn(source ?? text ?? ""),
  };
}

/** What the unit should be; `target` is where the unit lies in a source. */
export function wishFor(
  id: string,
  inputs: SystemdUnitInputs,
  previous: SystemdUnitState | undefined,
  target: string | undefined,
): Wish {
  return {
    definition:
      target === undefined
        ? { kind: "write", content: withOwner(id, inputs.text ?? "") }
        : { kind: "link", target },
    enabled: inputs.enabled ?? true,
    state: inputs.state === "stopped" ? "stopped" : "started",
    settle: inputs.settle,
    // An earlier run may have written the file and not come to the restart.
    restart: previous !== undefined && asksForRestart(inputs, previous),
    before: previous?.state,
    untouched: previous === undefined || previous.adopted === true,
  };
}

/**
 * Where the unit lies in its source; undefined for one of sections.
 * @throws RefusedError when it is not there
 */
export function unitIn(
  { name, scope, source }: SystemdUnitInputs,
  seen: SeenUnit,
  host: Host,
): string | undefined {
  if (source === undefined || seen.unitInSource !== undefined) return seen.unitInSource;
  const where = { doing: `linking ${name}`, host: host.name };
  if (!seen.sourceExists) {
    const hint = "copy it there first: let this unit depend on a ClosureCopy of it";
    throw new RefusedError({ ...where, happened: `there is no ${source}`, hint });
  }
  const hint = `looked for ${[".", ...entriesOf(scope, name)].join(", ")}`;
  throw new RefusedError({ ...where, happened: `${source} holds no ${name}`, hint });
}
