import type { Attempt } from "./attempt";
import type { DeploymentKind, KindName, Observed } from "./kinds/kind";

/** How a deployment may leave a host: exactly as it was, exactly as asked for, or in between. */
export type End = "old" | "new" | "between";

/** What its error says of the host. */
export type Said = "nothing" | "as before" | "changed" | "not known" | "refused" | "killed";

/** Something that goes wrong in a deployment. */
export interface Fault {
  readonly name: string;
  /** `between`: whatever, as long as it is told. */
  readonly ends: End | "old or new";
  /** What the coordinator may be told; a success says nothing. */
  readonly said: readonly Said[];
  /** More inputs. */
  readonly inputs?: object;
  /** Prepares the host, before the deployment begins. */
  arm?(attempt: Attempt): Promise<unknown>;
  /** Runs beside the deployment. */
  during?(attempt: Attempt): Promise<unknown>;
  /** Before each new login for the confirmation. */
  beforeConfirm?(attempt: Attempt): Promise<unknown>;
  /** The coordinator is a process of its own; it can be told never to confirm. */
  readonly coordinator?: { readonly confirms: boolean };
  /** What more has to be true of what the coordinator was told. */
  judge?(attempt: Attempt, error: Error | undefined, seen: Observed): string[];
}

/** A cell of the matrix. */
export interface Case {
  readonly fault: Fault;
  readonly kind: KindName;
  readonly deployment: DeploymentKind;
}
