import type { Extent } from "../benchmark";
import type { Payload, Release } from "./payload";
import type { Place } from "./place";

/** What is done, in this order. */
export const operations = [
  "first up",
  "no-op up",
  "no-op up --refresh",
  "preview",
  "preview, diffs in parallel",
  "update",
] as const;
export type Operation = (typeof operations)[number];

export function releaseOf(operation: Operation): Release {
  return isPreview(operation) || operation === "update" ? "2" : "1";
}

export function isPreview(operation: Operation): boolean {
  return operation.startsWith("preview");
}

/** A way to deploy. */
export interface Subject {
  readonly name: string;
  /** Whether anything has to be built for it. */
  readonly deploys: boolean;
  /** Everything that has to be there before the first deployment. */
  begin(payload: Payload, place: Place, extent: Extent): Promise<Deployment>;
}

export interface Deployment {
  has(operation: Operation): boolean;
  /** Everything that comes before an operation and does not belong to it. */
  prepare(operation: Operation): Promise<void>;
  carryOut(operation: Operation): Promise<void>;
  end(): Promise<void>;
}

/** Its own for each subject, so that they do not meet on the hosts. */
export function unitName(subject: Subject): string {
  return `bench-${subject.name}`;
}
