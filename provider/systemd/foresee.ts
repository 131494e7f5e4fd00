import { isDeepStrictEqual } from "node:util";
import { isLocal } from "../connection";
import { endpointName } from "../host/endpoint-name";
import type { SystemdUnitInputs, SystemdUnitState } from "./unit-inputs";

/** What an update would do to what runs, for a preview: `would restart nginx.service on web1`. */
export function foresee(inputs: SystemdUnitInputs, previous: SystemdUnitState): string | undefined {
  const activity = activityOf(inputs, previous);
  if (activity === undefined) return undefined;
  const { connection, name } = inputs;
  return `would ${activity} ${name} on ${isLocal(connection) ? "this machine" : endpointName(connection)}`;
}

function activityOf(inputs: SystemdUnitInputs, previous: SystemdUnitState): string | undefined {
  if (inputs.state === "stopped") return previous.state === "stopped" ? undefined : "stop";
  if (previous.state !== "started") return "start";
  return asksForRestart(inputs, previous) ? "restart" : undefined;
}

/** Whether the definition or a trigger differs, so that the unit has to be restarted. */
export function asksForRestart(inputs: SystemdUnitInputs, previous: SystemdUnitState): boolean {
  return (
    writtenText(inputs) !== writtenText(previous) ||
    previous.source !== inputs.source ||
    !isDeepStrictEqual(previous.restartTriggers, inputs.restartTriggers)
  );
}

/** That of a linked unit is its source's. */
function writtenText({ source, text }: SystemdUnitInputs): string | undefined {
  return source === undefined ? text : undefined;
}
