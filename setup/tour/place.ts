import type { Disturbance, Machine } from "./machine";

/** Where a tour goes. */
export interface Place {
  /** `fleet` ends with its process; what is on `this machine` stays there until it is destroyed. */
  readonly kind: "fleet" | "this machine";
  readonly machines: readonly Machine[];
  /** What the project is told about it. */
  readonly config: Readonly<Record<string, string>>;
  readonly privateKeyPath?: string;
  readonly disturbance: Disturbance;
  /** Takes away what was made for the tour. */
  end(): Promise<void>;
}
