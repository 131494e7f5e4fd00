import { DeleteRequest, ReadRequest } from "@pulumi/pulumi/proto/provider_pb";
import { connectionsIn, machineWritten } from "./connection";
import { savedInputs, withSaved } from "./engine-saved";
import { isObject, onlyNames, withoutNames, type Properties } from "./wire";

/**
 * The dynamic-provider server hands `read` and `delete` the outputs of a resource only. When nothing but a
 * credential or a silent input changed there was no update, so the outputs hold the old one for ever; the saved inputs
 * hold the new one. The requests carry both (Pulumi, proto/pulumi/provider.proto: ReadRequest.inputs,
 * DeleteRequest.old_inputs), and this file picks the inputs up where the server asks the request for other things.
 */

let deleting: DeleteRequest | undefined;

/** Takes effect for the requests that the server looks at after this. */
export function watchRequests(): void {
  const { getProperties } = ReadRequest.prototype;
  ReadRequest.prototype.getProperties = function (this: ReadRequest) {
    const properties = getProperties.call(this);
    const inputs = this.getInputs();
    if (properties === undefined || inputs === undefined) return properties;
    const toJavaScript = properties.toJavaScript.bind(properties);
    properties.toJavaScript = () => withSaved(toJavaScript(), inputs);
    return properties;
  };
  const { getId } = DeleteRequest.prototype;
  DeleteRequest.prototype.getId = function (this: DeleteRequest) {
    noteDelete(this);
    return getId.call(this);
  };
}

/** The server calls our delete with this request's id in the same breath. */
function noteDelete(request: DeleteRequest): void {
  deleting = request;
}

/** The connections that resources being read were given last, by machine and acting user. */
const saved = new Map<string, Properties>();
/** The saved inputs of states being read. */
const inputsOf = new WeakMap<Properties, Properties>();

/** The state of a resource being read, with the connections that the program gave last. */
export function stateToRead(properties: Properties): Properties {
  const { [savedInputs]: inputs, ...state } = properties;
  if (!isObject(inputs)) return state;
  const connections = connectionsIn(inputs);
  for (const connection of Object.values(connections)) saved.set(machineWritten(connection), connection);
  const current = { ...state, ...connections };
  inputsOf.set(current, inputs);
  return current;
}

/**
 * The inputs saved with a state that {@link stateToRead} gave. They are not known of the first request that this process
 * serves, which was looked at before this file was loaded.
 */
export function inputsSavedWith(state: Properties): Properties | undefined {
  return inputsOf.get(state);
}

/**
 * The connections of a state whose saved inputs are not known, as other resources of the same machines were given them
 * last, which the engine reads at the same time. Undefined when there is none.
 */
export function connectionsOfOthers(state: Properties): Properties | undefined {
  const remote = Object.entries(connectionsIn(state)).filter(([, { local }]) => local !== true);
  const known = remote.map(([name, connection]) => [name, saved.get(machineWritten(connection))] as const);
  return known.every(([, connection]) => connection !== undefined) ? Object.fromEntries(known) : undefined;
}

/**
 * The state of a resource being deleted, with the connections and the silent inputs that the program gave last: what is
 * to be left behind is one of those.
 */
export function stateToDelete(properties: Properties, silent: readonly string[] = []): Properties {
  const inputs: unknown = deleting?.getOldInputs()?.toJavaScript();
  deleting = undefined;
  if (!isObject(inputs)) return properties;
  return { ...withoutNames(properties, silent), ...onlyNames(inputs, silent), ...connectionsIn(inputs) };
}
