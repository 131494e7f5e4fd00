import type { z } from "zod";
import type { Connection } from "./connection";
import type { Host } from "./host/host";
import type { Properties } from "./wire";

/**
 * What every resource implements. Knows nothing of Pulumi's wire: unknown values, secrets and undefined are
 * dealt with before a resource is asked, and a failure is thrown as one of the classes in errors.ts.
 */
export interface Resource<Inputs extends object, State extends Inputs> {
  /** The last part of the type: `NixBuild`. */
  readonly name: string;

  /** One entry an input, with its default. An input that is not here is refused. */
  readonly inputs: z.ZodObject;

  /**
   * Problems that concern several inputs together; each names the property that the user wrote. Inputs that are wrong
   * by themselves come as they were written.
   */
  problems?(inputs: Inputs): Problem[];

  /** Inputs that follow from the others, added so that a preview shows them and a diff compares them. */
  derive?(inputs: Inputs): Partial<Inputs>;

  /** The names that `derive` adds: unknown in a preview as long as any input is. */
  readonly derived?: readonly string[];

  /**
   * The inputs that say what a wanted path holds: packages, sizes, units. They follow the path, so a difference in them
   * alone is no change. While nobody knows them they are unknown in a preview and absent in an update, and `ensure` puts
   * them into the state.
   */
  contentNames?(inputs: Partial<Inputs>): readonly string[];

  /**
   * Of the contents what can be found out here without a process for a resource that stays as it is. `saved` are the
   * inputs that the state holds, if there is one.
   */
  contents?(inputs: Inputs, saved: Partial<Inputs>, context: Context): Promise<Partial<Inputs>>;

  /** Puts together again what belongs together, when `ignoreChanges` has put a saved input in place of a new one. */
  pinned?(inputs: Properties, saved: Properties): Properties;

  /**
   * Says with the resource, in a preview, what making or changing it would do; of inputs that are all known and right,
   * apart from their contents. Never asked of one that stays as it is. Leaves the machine as it is.
   */
  preview?(inputs: Inputs, previous: State | undefined, context: Context): Promise<void>;

  /** Told of inputs that are known and right, at every check: for what other resources of the run want to know. */
  note?(inputs: Inputs): void;

  /** Inputs whose change means another thing somewhere else. Of `connection` only the machine counts. */
  readonly replacedBy: readonly string[];

  /** Inputs whose change needs nothing done. Credentials never need to be listed. */
  readonly silent?: readonly string[];

  /** Stable as long as the resource is the same one; made before anything is done. */
  identify(inputs: Inputs, urn: string): string;

  /** Makes it so, whatever is there: observe, ensure, read back. Serves create and update. */
  ensure(id: string, inputs: Inputs, previous: State | undefined, context: Context): Promise<State>;

  /** What is really there, under the same names as the inputs; undefined when it is gone. */
  read(id: string, state: State, context: Context): Promise<State | undefined>;

  /** Takes it away; done already is success. */
  remove(id: string, state: State, context: Context): Promise<void>;
}

/** The names under which a state holds inputs: the user's, the derived ones and those of contents. */
export function inputNames(
  resource: Pick<Resource<never, never>, "inputs" | "derived" | "contentNames">,
): string[] {
  const { inputs, derived = [] } = resource;
  return [...new Set([...Object.keys(inputs.shape), ...derived, ...contentNames(resource, {})])];
}

/** The names of the inputs that say what a wanted path holds; of no inputs, all that there may be. */
export function contentNames(
  resource: Pick<Resource<never, never>, "contentNames">,
  inputs: Properties,
): readonly string[] {
  return resource.contentNames?.(inputs as never) ?? [];
}

export interface Problem {
  readonly property: string;
  readonly reason: string;
}

/** Something worth saying with a resource, that stops nothing. */
export interface Message {
  readonly severity: "debug" | "info" | "warning" | "error";
  readonly text: string;
  /** Only worth saying when the resource is made or changed. */
  readonly ofChange?: boolean | undefined;
}

/** What a resource may use while it works. */
export interface Context {
  /** The machine behind a connection, opened on first use and shared. */
  host(connection: Connection): Promise<Host>;
  /**
   * The same machine over a connection and a login of its own, dialled once within so many seconds; whoever asks
   * closes it.
   * @throws ConnectError
   */
  freshHost(connection: Connection, seconds: number): Promise<{ host: Host; close(): Promise<void> }>;
  /** The machine that this process runs on: where Nix evaluates and builds. */
  readonly controller: Host;
  /** Shown with the resource, and kept. */
  log(severity: Message["severity"], message: string): void;
  /** Shown in the resource's status column until the next one. */
  status(message: string): void;
}
