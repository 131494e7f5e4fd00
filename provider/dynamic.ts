import { checkInputs } from "./check";
import { connectionSchema, connectionsIn } from "./connection";
import { detailedDiff, type DetailedDiff } from "./detailed-diff";
import { difference } from "./diff";
import { stateToDiff, withDetails } from "./engine-diff";
import { stateToDelete, stateToRead } from "./engine-requests";
import {
  ConnectError,
  DeploymentError,
  InterruptedError,
  isUnknownOutcome,
  PartialError,
  TimeoutError,
} from "./errors";
import { forResource, urnOf } from "./for-resource";
import { dialingBriefly, expectPreview, previewChange, rememberingUnreached } from "./preview";
import { messagesOfChange, sayMessages } from "./program-messages";
import { programTold } from "./program-told";
import { inputsRead } from "./read-inputs";
import { contentNames, type Problem, type Resource } from "./resource";
import { contextFor, rememberConnection } from "./session";
import {
  containsUnknown,
  isObject,
  onlyHidden,
  unknownValue,
  withoutHidden,
  withoutNames,
  withoutUndefined,
  type Properties,
} from "./wire";

/** What Pulumi's dynamic-provider server calls (Pulumi, sdk/nodejs/dynamic/index.ts: ResourceProvider). */
export interface DynamicHandler {
  check(olds: Properties, news: Properties): Promise<{ inputs: Properties; failures: Problem[] }>;
  diff(id: string, olds: Properties, news: Properties): Promise<DiffAnswer>;
  create(inputs: Properties): Promise<{ id: string; outs: Properties }>;
  read(id: string, props: Properties): Promise<{ id: string; props?: Properties; inputs?: Properties }>;
  update(id: string, olds: Properties, news: Properties): Promise<{ outs: Properties }>;
  delete(id: string, props: Properties): Promise<void>;
}

interface DiffAnswer {
  /** True only when no input differs: the engine makes a detailed diff only of "unknown". */
  changes: boolean | undefined;
  replaces: string[];
}

/** Serves a resource to Pulumi: the only place that knows the wire's habits. */
export function dynamicHandler(resource: Resource<never, never>): DynamicHandler {
  return {
    check: (olds, news) => check(resource, olds, news),
    diff: (_id, olds, news) => diff(resource, olds, news),
    create: (inputs) => create(resource, inputs),
    read: (id, props) => read(resource, id, stateToRead(props)),
    update: (id, olds, news) => update(resource, id, olds, news),
    delete: (id, props) => remove(resource, id, stateToDelete(props, resource.silent)),
  };
}

async function check(
  resource: Resource<never, never>,
  olds: Properties,
  news: Properties,
): Promise<{ inputs: Properties; failures: Problem[] }> {
  const given = resource.pinned?.(news, olds) ?? news;
  const { inputs, problems } = checkInputs(resource, given);
  rememberConnections(inputs);
  // As the user wrote them, without the dozen defaults, which would stand in every preview.
  Object.assign(inputs, connectionsIn(news));
  const program = programTold(news);
  const { __program: _, ...hidden } = onlyHidden(news);
  sayMessages(program.messages, urnOf(news));
  // What the program could not evaluate leaves the derived inputs empty: that is no second problem.
  const told =
    program.problems.length > 0 ? problems.filter(({ reason }) => reason !== "is required") : problems;
  const failures = [...program.problems, ...told].map(toFailure);
  if (failures.length > 0)
    return { inputs: withoutUndefined({ ...inputs, ...hidden }) as Properties, failures };
  const contents = await contentsOf(resource, { ...inputs, ...hidden }, olds, program.isPreview);
  const wanted = withoutUndefined({ ...inputs, ...contents, ...hidden }) as Properties;
  if (program.isPreview) await expectPreview(resource, wanted, olds, messagesOfChange(program.messages));
  return { inputs: wanted, failures };
}

function rememberConnections(inputs: Properties): void {
  for (const given of Object.values(connectionsIn(inputs))) {
    const connection = connectionSchema.safeParse(given);
    if (connection.success && !containsUnknown(connection.data)) rememberConnection(connection.data);
  }
}

/** What the wanted path holds; what nobody knows is unknown in a preview, where absence would show it as deleted. */
async function contentsOf(
  resource: Resource<never, never>,
  inputs: Properties,
  saved: Properties,
  isPreview: boolean,
): Promise<Properties> {
  const names = contentNames(resource, inputs);
  if (names.length === 0) return {};
  const others = withoutNames(inputs, names);
  const found = containsUnknown(others)
    ? {}
    : await resource.contents?.(
        forResource(inputs),
        withoutHidden(saved) as never,
        dialingBriefly(await contextFor(urnOf(inputs))),
      );
  const values = (found ?? {}) as Properties;
  return Object.fromEntries(
    names.map((name) => [name, values[name] ?? (isPreview ? unknownValue : undefined)]),
  );
}

/** The engine prints a named property's value, which may hold a secret somewhere: so the name goes into the text. */
function toFailure({ property, reason }: Problem): Problem {
  return { property: "", reason: `${property}: ${reason}` };
}

async function diff(
  resource: Resource<never, never>,
  olds: Properties,
  news: Properties,
): Promise<DiffAnswer> {
  const { state, saved } = stateToDiff(olds);
  const { changed, replacing } = difference(resource, state, news);
  // A replacement is checked again, as something new.
  await previewChange(resource, news, changed.length > 0 && replacing.length === 0 ? state : undefined);
  if (changed.length === 0) return { changes: state[unfinished] === true, replaces: [] };
  const details: DetailedDiff =
    saved === undefined ? new Map() : detailedDiff(resource, saved, state, news, changed);
  return withDetails({ changes: undefined, replaces: replacing }, details);
}

async function create(
  resource: Resource<never, never>,
  inputs: Properties,
): Promise<{ id: string; outs: Properties }> {
  const id = resource.identify(forResource(inputs), urnOf(inputs));
  try {
    return { id, outs: await ensure(resource, id, inputs, undefined as never) };
  } catch (error) {
    throw isHalfDone(error) ? partialFailure(error, id, inputs, inputs) : error;
  }
}

/** What may have been made before the connection was lost goes into the state, so that a deletion takes it away. */
function isHalfDone(error: unknown): error is Error {
  return error instanceof InterruptedError || error instanceof TimeoutError;
}

async function update(
  resource: Resource<never, never>,
  id: string,
  olds: Properties,
  news: Properties,
): Promise<{ outs: Properties }> {
  return { outs: await ensure(resource, id, news, forResource(olds)) };
}

async function ensure(
  resource: Resource<never, never>,
  id: string,
  inputs: Properties,
  previous: never,
): Promise<Properties> {
  const context = await contextFor(urnOf(inputs));
  try {
    const state = await resource.ensure(id, forResource(inputs), previous, context);
    return toOutputs(state, inputs);
  } catch (error) {
    throw error instanceof PartialError ? partialFailure(error, id, error.state as object, inputs) : error;
  }
}

/** The server stores the properties as they are, without adding `__provider` again. */
function partialFailure(error: Error, id: string, state: object, inputs: Properties): Error {
  const properties = { ...toOutputs(state, inputs), [unfinished]: true };
  return Object.assign(error, { id, properties, reasons: [error.message] });
}

/**
 * Says in the state that it has still to be made so. The engine remembers that too, but forgets it with the next
 * refresh, even one that did not reach the machine.
 */
const unfinished = "__unfinished";

async function read(
  resource: Resource<never, never>,
  id: string,
  props: Properties,
): Promise<{ id: string; props?: Properties; inputs?: Properties }> {
  const context = rememberingUnreached(await contextFor(urnOf(props)));
  try {
    const state = (await resource.read(id, forResource(props), context)) as object | undefined;
    if (state === undefined) return { id: "" };
    const found = toOutputs(state, props);
    const inputs = inputsRead(resource, props, found);
    return { id, props: found, ...(inputs && { inputs }) };
  } catch (error) {
    if (!isUnknownOutcome(error)) throw quiet(error);
    context.log("warning", `not read, its state is kept as it was: ${error.message}`);
    return { id, props };
  }
}

async function remove(resource: Resource<never, never>, id: string, props: Properties): Promise<void> {
  const context = await contextFor(urnOf(props));
  try {
    await resource.remove(id, forResource(props), context);
  } catch (error) {
    if (!isUnreachable(error) || process.env[forgetUnreachable] !== "true") throw quiet(withHint(error));
    context.log("warning", `forgotten, although it may still be there: ${error.message}`);
  }
}

const forgetUnreachable = "PULUMI_NIX_DELETE_UNREACHABLE";

/** A machine that answers and refuses us is not gone. */
function isUnreachable(error: unknown): error is ConnectError {
  return error instanceof ConnectError && error.phase === "reach";
}

function withHint(error: unknown): unknown {
  if (isUnreachable(error)) {
    error.message += `\nhint: when the machine is gone for good, set ${forgetUnreachable}=true to forget what was on it`;
  }
  return error;
}

/** The server prints what `read` and `delete` throw with its stack, and the engine the message: one is enough. */
function quiet(error: unknown): unknown {
  if (!(error instanceof DeploymentError)) return error;
  return Object.assign(error, { stack: error.doing, toString: () => "failed, as is told with the resource" });
}

/** What goes into the state: what the resource says, and from the wire its own keys and connections as written. */
function toOutputs(state: object, from: Properties): Properties {
  const outputs = withoutUndefined({ ...state, ...connectionsIn(from), ...onlyHidden(from) });
  return isObject(outputs) ? outputs : {};
}
