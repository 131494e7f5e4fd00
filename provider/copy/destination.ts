import type { Host } from "../host/host";
import type { ValidPath } from "../nix/valid-path";

/** Where paths go to. */
export interface Destination {
  readonly host: Host;
  /** Who works with the store there. */
  readonly as: string | undefined;
}

/** Looks at what is missing at a destination before any of it is sent; what it throws ends the copy. */
export type Admission = (missing: readonly ValidPath[]) => Promise<readonly ValidPath[]>;
