import type { Attempt } from "../attempt";
import type { Fault } from "../fault";

const asBefore = { ends: "old", said: ["as before"] } satisfies Partial<Fault>;

/** The cable is pulled, and is in again when the host has come to its end; or before that. */
export const faultsOfNetwork: readonly Fault[] = [
  {
    name: "network cut before the activation",
    ...asBefore,
    arm: (attempt) => attempt.holdEntry(),
    during: (attempt) => cutIn(attempt, () => attempt.records.untilPhase("entering")),
  },
  {
    name: "network cut during the activation",
    ...asBefore,
    arm: (attempt) => attempt.holdActivation(),
    during: (attempt) => cutIn(attempt, () => attempt.held()),
  },
  {
    name: "network cut during the activation, back in time",
    ends: "new",
    said: ["nothing"],
    arm: (attempt) => attempt.holdActivation(),
    during: async (attempt) => {
      await attempt.held();
      await attempt.host.cutNetwork();
      await attempt.lost();
      await attempt.host.restoreNetwork();
      attempt.release();
    },
  },
  {
    name: "network cut after the activation",
    ...asBefore,
    beforeConfirm: ({ host }) => host.cutNetwork(),
    during: async ({ records, host }) => {
      await records.untilEnded();
      await host.restoreNetwork();
    },
  },
];

async function cutIn(attempt: Attempt, there: () => Promise<unknown>): Promise<void> {
  await there();
  await attempt.host.cutNetwork();
  attempt.release();
  await attempt.records.untilEnded();
  await attempt.host.restoreNetwork();
}
