/** What the engine told of a preview or an update, in whichever form it was printed. Holds no secrets. */
export interface Run {
  readonly kind: "preview" | "update";
  readonly project: string;
  readonly stack: string;
  /** The engine's own count of resources by operation. */
  readonly counts: Readonly<Record<string, number>>;
  readonly steps: readonly Step[];
  readonly diagnostics: readonly Diagnostic[];
  readonly failed: boolean;
}

/** What the engine does, or found, with one resource. */
export interface Step {
  readonly urn: string;
  /** The engine's word: `create`, `update`, `replace`, `delete`, `same`; `refresh` is a look at what is there. */
  readonly op: string;
  /** The names of top properties that the engine says differ; those of secrets can be told by nothing else. */
  readonly changed: readonly string[];
  readonly was: Properties | undefined;
  /** Of a refresh: what was found, if that is told; undefined when the resource goes or is gone. */
  readonly is: Properties | undefined;
  /** Whether its deletion is none: the engine forgets it, and nothing is done (`retainOnDelete`). */
  readonly retained: boolean;
  /** Of an update: how it ended. */
  readonly ended: Ending;
}

export type Ending = "done" | "failed" | "not finished";

export interface Diagnostic {
  /** Empty when it belongs to no resource. */
  readonly urn: string;
  readonly severity: "info" | "warning" | "error";
  readonly message: string;
}

/** Not known before something is built or made. */
export const notKnown = Symbol("not known");

export type Known<T> = T | typeof notKnown | undefined;

/** Those properties of our resources that a report shows; of all others it knows only whether they are the same. */
export interface Properties {
  readonly connection: Known<Machine>;
  /** Single values, by name: `path`, `profile`, `action`, `state`. */
  readonly values: Readonly<Record<string, Known<string>>>;
  readonly packages: Known<Readonly<Record<string, string>>>;
  readonly units: Known<Readonly<Record<string, string>>>;
  readonly closureSize: Known<number>;
  readonly text: Known<string>;
  /** Of each input that is the user's, a digest. */
  readonly digests: Readonly<Record<string, string>>;
}

/** What a connection tells of where a machine is. */
export interface Machine {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  readonly local?: boolean | undefined;
}
