import type { Attempt } from "../attempt";

/** A place in a deployment at which something can be made to happen. */
export interface Point {
  readonly name: string;
  /** Has the deployment wait there, where it does not by itself. */
  hold(attempt: Attempt): Promise<unknown>;
  /** Waits until it is there. */
  there(attempt: Attempt): Promise<unknown>;
}

export const entering: Point = {
  name: "entering",
  hold: (attempt) => attempt.holdEntry(),
  there: ({ records }) => records.untilPhase("entering"),
};

export const activating: Point = {
  name: "activating",
  hold: (attempt) => attempt.holdActivation(),
  there: (attempt) => attempt.held(),
};

/** Held by a coordinator that does not confirm. */
export const waiting: Point = {
  name: "waiting for the confirmation",
  hold: () => Promise.resolve(),
  there: ({ records }) => records.untilPhase("waiting"),
};

export const committing: Point = {
  name: "committing",
  hold: (attempt) => attempt.subject.holdCommit(attempt),
  there: (attempt) => attempt.held(),
};
