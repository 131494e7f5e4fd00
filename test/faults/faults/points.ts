import type { Attempt } from "../attempt";
import { faultFolder, holdStep } from "../entry-program";

/** A place in a deployment at which something can be made to happen. */
export interface Point {
  readonly name: string;
  /** What the deployment needs for it. */
  readonly inputs?: object;
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

/** A health check that takes its time. */
export const checking: Point = {
  name: "checking",
  inputs: {
    healthChecks: [
      {
        command: ["sh", "-c", `folder=${faultFolder}; ${holdStep}`],
        timeout: 60,
        deadline: 60,
        successes: 1,
      },
    ],
  },
  hold: ({ host }) => host.sh(`touch ${faultFolder}/hold`),
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
