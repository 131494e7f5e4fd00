import { machineOf, isLocal, type Connection } from "./connection";
import { ConnectError, TimeoutError } from "./errors";
import { forResource, urnOf } from "./for-resource";
import type { Host } from "./host/host";
import { contentNames, type Context, type Message, type Resource } from "./resource";
import { contextFor } from "./session";
import { containsUnknown, withoutHidden, withoutNames, type Properties } from "./wire";

/**
 * What a preview says of a resource that would be made or changed. Neither is asked of a dynamic provider in a preview: a
 * check without saved inputs is that of a resource that would be made, and a diff behind a check with them tells whether
 * it would change. A diff without a check belongs to a refresh, and says nothing.
 */

const checked = new Map<string, readonly Message[]>();

/** Called by a preview's check. */
export async function expectPreview(
  resource: Resource<never, never>,
  inputs: Properties,
  saved: Properties,
  messages: readonly Message[],
): Promise<void> {
  const isNew = Object.keys(withoutHidden(saved)).length === 0;
  if (isNew) await tell(resource, inputs, undefined, messages);
  else checked.set(urnOf(inputs), messages);
}

/** Called by every diff: with the state of a resource that would change, else with undefined. */
export async function previewChange(
  resource: Resource<never, never>,
  inputs: Properties,
  changing: Properties | undefined,
): Promise<void> {
  const messages = checked.get(urnOf(inputs));
  checked.delete(urnOf(inputs));
  if (messages !== undefined && changing !== undefined) await tell(resource, inputs, changing, messages);
}

async function tell(
  resource: Resource<never, never>,
  inputs: Properties,
  previous: Properties | undefined,
  messages: readonly Message[],
): Promise<void> {
  const context = await contextFor(urnOf(inputs));
  for (const { severity, text } of messages) context.log(severity, text);
  if (resource.preview === undefined) return;
  if (containsUnknown(withoutNames(inputs, contentNames(resource, inputs)))) return;
  try {
    const state = previous && forResource(previous);
    await resource.preview(forResource(inputs), state, dialingBriefly(context));
  } catch (error) {
    const happened = error instanceof Error ? error.message : String(error);
    context.log("warning", `what it would do is not shown: ${happened}`);
  }
}

/** Seconds: a preview can do without a machine that is away. */
const dialLimit = 10;
const dialled = new Map<string, Promise<Host>>();

/** The same machines, but each is waited for only once, and not as long as a deployment would. */
export function dialingBriefly(context: Context): Context {
  return {
    ...context,
    host: (connection) => {
      const machine = machineOf(connection);
      const host = dialled.get(machine) ?? inTime(context.host(connection), connection);
      dialled.set(machine, host);
      return host;
    },
  };
}

/** The same machines; one that a refresh does not reach is not waited for again by what the preview says. */
export function rememberingUnreached(context: Context): Context {
  return {
    ...context,
    host: async (connection) => {
      const dialing = context.host(connection);
      await dialing.catch((error: unknown) => {
        if (error instanceof ConnectError && error.phase === "reach")
          dialled.set(machineOf(connection), dialing);
      });
      return dialing;
    },
  };
}

async function inTime(dialing: Promise<Host>, connection: Connection): Promise<Host> {
  const host = isLocal(connection) ? "this machine" : connection.host;
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    const late = (): void => reject(new TimeoutError({ doing: "logging in", host, waited: dialLimit }));
    timer = setTimeout(late, dialLimit * 1000);
  });
  try {
    return await Promise.race([dialing, limit]);
  } finally {
    clearTimeout(timer);
  }
}
